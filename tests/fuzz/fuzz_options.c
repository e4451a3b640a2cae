/// Lines of options, of losses and, behind a '+', of augmentation: what is described reads back.
#include "base/memory.h"
#include "compute/augment.h"
#include "losses/loss.h"
#include "target.h"

#include <string.h>

static void read_loss(const char *line) {
  siam_loss loss, again;
  siam_text first = {0}, second = {0};
  if (siam_loss_parse(line, &loss) == SIAM_OK) {
    siam_loss_describe(&loss, &first);
    FUZZ_REQUIRE(siam_loss_parse(first.bytes, &again) == SIAM_OK);
    siam_loss_describe(&again, &second);
    FUZZ_REQUIRE(strcmp(first.bytes, second.bytes) == 0);
    (void)siam_loss_check(&loss, 2, true);
  }
  siam_text_clear(&first);
  siam_text_clear(&second);
}

static void read_augmentation(const char *line) {
  siam_augment_options options, again;
  siam_text text = {0};
  if (siam_augment_parse(line, &options) == SIAM_OK) {
    FUZZ_REQUIRE(siam_augment_check(&options) == SIAM_OK);
    siam_augment_describe(&options, &text);
    FUZZ_REQUIRE(siam_augment_parse(text.bytes, &again) == SIAM_OK);
    FUZZ_REQUIRE(memcmp(&options, &again, sizeof options) == 0);
  }
  siam_text_clear(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  char *line = siam_allocate(count + 1, 1);
  if (line == NULL) return 0;
  if (count > 0) memcpy(line, bytes, count);
  if (line[0] == '+')
    read_augmentation(line + 1);
  else
    read_loss(line);
  siam_free(line);
  return 0;
}
