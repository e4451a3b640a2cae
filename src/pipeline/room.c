#include "pipeline/room.h"

#include "base/memory.h"
#include "base/text.h"

#include <string.h>

void siam_need_add(siam_need *need, uint64_t bytes) {
  need->bytes += bytes;
  if (bytes > need->largest) need->largest = bytes;
}

bool siam_need_fits(const siam_device *device, const siam_need *need) {
  return need->bytes <= siam_device_free_bytes(device) && need->largest <= device->traits.allocation_bytes;
}

/// A batch between `low`, which fits, and `high`, which does not: where memory runs out if it grows evenly,
/// and every other time the middle, for where it does not.
static uint32_t next_try(const siam_device *device, uint32_t low, const siam_need *of_low, uint32_t high,
                         const siam_need *of_high, bool middle) {
  const double room = (double)siam_device_free_bytes(device), of_last = (double)of_high->bytes;
  const uint32_t span = high - low;
  if (middle || of_high->bytes <= of_low->bytes || of_last <= room) return low + span / 2;
  const double share = (room - (double)of_low->bytes) / (of_last - (double)of_low->bytes);
  const uint32_t step = (uint32_t)(share * span);
  return step < 1 ? low + 1 : step >= span ? high - 1 : low + step;
}

/// What a batch takes; one that is too large for anything else takes more than there is.
static siam_status ask(siam_need_function *need_of, void *context, uint32_t count, siam_need *need) {
  *need = (siam_need){0};
  const siam_status status = need_of(context, count, need);
  if (status != SIAM_ERROR_ARGUMENT) return status;
  *need = (siam_need){UINT64_MAX, UINT64_MAX};
  return SIAM_OK;
}

siam_status siam_room_search(const siam_device *device, uint32_t least, uint32_t most,
                             siam_need_function *need_of, void *context, uint32_t *largest) {
  siam_need of_low = {0}, of_high = {0};
  uint32_t low = least, high = most;
  *largest = 0;
  SIAM_RETURN_IF_FAILED(ask(need_of, context, low, &of_low));
  if (!siam_need_fits(device, &of_low)) return SIAM_OK;
  SIAM_RETURN_IF_FAILED(ask(need_of, context, high, &of_high));
  if (siam_need_fits(device, &of_high)) low = high;
  for (bool middle = false; high - low > 1; middle = !middle) {
    siam_need of_try;
    const uint32_t tried = next_try(device, low, &of_low, high, &of_high, middle);
    SIAM_RETURN_IF_FAILED(ask(need_of, context, tried, &of_try));
    const bool fits = siam_need_fits(device, &of_try);
    *(fits ? &low : &high) = tried;
    *(fits ? &of_low : &of_high) = of_try;
  }
  *largest = low;
  return SIAM_OK;
}

static double mebibytes(uint64_t bytes) {
  return (double)bytes / 1048576;
}

siam_status siam_room_refuse(const siam_device *device, const char *thing, uint32_t least, uint32_t count,
                             siam_need_function *need_of, void *context, siam_status failure) {
  siam_need need = {0};
  uint32_t largest = 0;
  const siam_device_traits *traits = &device->traits;
  char *sentence = siam_copy_text(siam_last_error());
  if (sentence == NULL) return SIAM_ERROR_MEMORY;
  const bool known =
      ask(need_of, context, count, &need) == SIAM_OK && !siam_need_fits(device, &need) &&
      (count <= least || siam_room_search(device, least, count - 1, need_of, context, &largest) == SIAM_OK);
  siam_text text = {0};
  if (known) {
    siam_text_add(
        &text,
        "a batch of %u %s%s needs %.1f MiB of device memory, %.1f MiB of it in one piece, and %s has "
        "%.1f MiB, of which %.1f MiB are in use, and gives %.1f MiB in one piece; ",
        count, thing, count == 1 ? "" : "s", mebibytes(need.bytes), mebibytes(need.largest),
        device->info.name, mebibytes(traits->global_bytes), mebibytes(device->used_bytes),
        mebibytes(traits->allocation_bytes));
    if (largest > 0)
      siam_text_add(&text, "the largest batch that fits is %u", largest);
    else
      siam_text_add(&text, "no batch fits: use smaller pictures, a smaller encoder or another device");
  }
  siam_fail(failure, "%s", known && siam_text_status(&text) == SIAM_OK ? text.bytes : sentence);
  siam_text_clear(&text);
  siam_free(sentence);
  return failure;
}
