#include "base/text.h"
#include "device/discover.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *siam_selector_effective(const char *selector) {
  if (selector != NULL && selector[0] != '\0') return selector;
  const char *variable = getenv("SIAMESE_DEVICE");
  return variable != NULL ? variable : "";
}

/// Reads digits up to `end`; false when there is anything else, or more than fits.
static bool read_number(const char *text, const char *end, unsigned *number) {
  if (text == end) return false;
  unsigned long value = 0;
  for (; text < end; text++) {
    if (*text < '0' || *text > '9') return false;
    value = value * 10 + (unsigned long)(*text - '0');
    if (value > INT_MAX) return false;
  }
  *number = (unsigned)value;
  return true;
}

bool siam_selector_is_pair(const char *selector, unsigned *platform, unsigned *device) {
  const char *colon = strchr(selector, ':');
  return colon != NULL && read_number(selector, colon, platform) &&
         read_number(colon + 1, colon + strlen(colon), device);
}

static int type_rank(const char *type) {
  static const char *const order[] = {"gpu", "accelerator", "cpu"};
  for (int i = 0; i < 3; i++)
    if (strcmp(type, order[i]) == 0) return i;
  return 3;
}

/// Whether `a` comes before `b` by default: GPUs, accelerators, CPUs, others; then units × clock.
static bool is_better(const siam_device_info *a, const siam_device_info *b) {
  int rank_a = type_rank(a->type), rank_b = type_rank(b->type);
  if (rank_a != rank_b) return rank_a < rank_b;
  // Some drivers do not know their clock.
  uint64_t speed_a = (uint64_t)a->compute_units * (a->clock_mhz > 0 ? a->clock_mhz : 1);
  uint64_t speed_b = (uint64_t)b->compute_units * (b->clock_mhz > 0 ? b->clock_mhz : 1);
  return speed_a > speed_b;
}

/// What a selector asks for, and whether a device answers to it.
typedef struct wish {
  enum { WISH_ANY, WISH_INDEX, WISH_PAIR, WISH_TYPE, WISH_NAME } kind;
  unsigned platform, number;
  const char *text;
} wish;

static bool answers(const siam_device_info *device, const wish *asked) {
  switch (asked->kind) {
  case WISH_ANY:
    return true;
  case WISH_INDEX:
    return device->index == asked->number;
  case WISH_PAIR:
    return device->platform_index == asked->platform && device->device_index == asked->number;
  case WISH_TYPE:
    return strcasecmp(device->type, asked->text) == 0;
  case WISH_NAME:
    return strcasestr(device->name, asked->text) != NULL;
  }
  return false;
}

/// The best of the devices that answer; their number.
static size_t count_answers(const siam_device_info *devices, size_t count, const wish *asked, size_t *best) {
  size_t answering = 0;
  for (size_t i = 0; i < count; i++) {
    if (!answers(&devices[i], asked)) continue;
    if (answering++ == 0 || is_better(&devices[i], &devices[*best])) *best = i;
  }
  return answering;
}

static wish read_wish(const siam_device_info *devices, size_t count, const char *selector) {
  wish made = {.kind = WISH_NAME, .text = selector};
  size_t best = 0;
  if (selector[0] == '\0') {
    made.kind = WISH_ANY;
  } else if (siam_selector_is_pair(selector, &made.platform, &made.number)) {
    made.kind = WISH_PAIR;
  } else if (strcasecmp(selector, "cpu") == 0 || strcasecmp(selector, "gpu") == 0) {
    made.kind = WISH_TYPE;
  } else if (read_number(selector, selector + strlen(selector), &made.number)) {
    // "3090" is a part of a name, unless there are that many devices.
    made.kind = WISH_INDEX;
    if (count_answers(devices, count, &made, &best) == 0) made.kind = WISH_NAME;
  }
  return made;
}

static siam_status fail_without_match(const siam_device_info *devices, size_t count, const char *selector) {
  siam_text names = {0};
  for (size_t i = 0; i < count; i++) {
    const siam_device_info *device = &devices[i];
    siam_text_add(&names, "%s%u:%u %s (%s)", i > 0 ? ", " : "", device->platform_index, device->device_index,
                  device->name, device->type);
  }
  siam_status status = siam_fail(SIAM_ERROR_ARGUMENT, "no OpenCL device answers to \"%s\"; choose among: %s",
                                 selector, names.bytes != NULL ? names.bytes : "none");
  siam_text_clear(&names);
  return status;
}

/// Says why `best` wins among `answering` devices that all would do.
static void explain_order(const siam_device_info *devices, size_t count, const wish *asked, size_t best,
                          char *text, size_t size) {
  size_t same_type = 0;
  for (size_t i = 0; i < count; i++)
    if (answers(&devices[i], asked) && strcmp(devices[i].type, devices[best].type) == 0) same_type++;
  bool upper = strcmp(devices[best].type, "gpu") == 0 || strcmp(devices[best].type, "cpu") == 0;
  const char *type = devices[best].type[0] == 'g' ? "GPU" : upper ? "CPU" : devices[best].type;
  if (same_type > 1)
    snprintf(text, size, "it has the most compute units times clock of %zu devices of type %s", same_type,
             type);
  else
    snprintf(text, size, "type %s comes first (GPU, accelerator, CPU)", type);
}

static void explain(const siam_device_info *devices, size_t count, const wish *asked, bool by_variable,
                    size_t answering, size_t best, char *reason, size_t size) {
  char order[160];
  explain_order(devices, count, asked, best, order, sizeof order);
  const char *asker = by_variable ? "SIAMESE_DEVICE asks" : "you asked";
  if (asked->kind == WISH_ANY && count == 1)
    snprintf(reason, size, "it is the only device");
  else if (asked->kind == WISH_ANY)
    snprintf(reason, size, "%s", order);
  else if (answering == 1)
    snprintf(reason, size, "%s for \"%s\"", asker, asked->text);
  else
    snprintf(reason, size, "%s for \"%s\"; of the %zu that match, %s", asker, asked->text, answering, order);
}

siam_status siam_devices_pick(const siam_device_info *devices, size_t count, const char *selector,
                              size_t *picked, char *reason, size_t reason_size) {
  const char *effective = siam_selector_effective(selector);
  bool by_variable = effective != selector;
  if (count == 0) return siam_fail(SIAM_ERROR_DEVICE, "there is no OpenCL device to pick from");
  wish asked = read_wish(devices, count, effective);
  size_t best = 0;
  size_t answering = count_answers(devices, count, &asked, &best);
  if (answering == 0) {
    siam_status status = fail_without_match(devices, count, effective);
    return by_variable ? siam_fail_within(status, "SIAMESE_DEVICE") : status;
  }
  *picked = best;
  if (reason != NULL && reason_size > 0)
    explain(devices, count, &asked, by_variable, answering, best, reason, reason_size);
  return SIAM_OK;
}
