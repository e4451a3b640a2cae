#include "device/tuning.h"

#include "base/cache.h"
#include "base/hash.h"
#include "base/memory.h"
#include "device/kernel_sources.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MOST_BYTES = 1 << 20 };

typedef struct tuned {
  char problem[SIAM_TUNING_PROBLEM_SIZE], choice[SIAM_TUNING_CHOICE_SIZE];
} tuned;

typedef struct siam_tuning siam_tuning;
struct siam_tuning {
  tuned *list;
  size_t count, capacity;
};

/// The first number of a driver's version: "3.1+debian" and "3.2" are one family, "4.0" is another.
static void add_family(siam_text *key, const char *driver) {
  const char *number = driver + strcspn(driver, "0123456789");
  siam_text_add(key, "%.*s\n", (int)strspn(number, "0123456789"), number);
}

siam_status siam_tuning_key(const siam_device *device, siam_text *key) {
  const siam_device_info *info = &device->info;
  uint64_t hash = 0;
  for (const siam_kernel_source *source = siam_kernel_sources; source->name != NULL; source++)
    hash = hash * 31 + siam_hash_bytes(source->text, strlen(source->text));
  siam_text_add(key, "%s\n%s\n%s\n%u units, form %d\n%s\n%016" PRIx64 "\n", info->platform, info->vendor,
                info->name, info->compute_units, device->traits.is_cpu, SIAMESE_VERSION, hash);
  add_family(key, info->driver);
  return siam_text_status(key);
}

static siam_status set(siam_tuning *tuning, const char *problem, const char *choice) {
  size_t i = 0;
  while (i < tuning->count && strcmp(tuning->list[i].problem, problem) != 0) i++;
  if (i == tuning->count) {
    SIAM_RETURN_IF_FAILED(SIAM_GROW(tuning->list, tuning->count, tuning->capacity));
    snprintf(tuning->list[tuning->count++].problem, SIAM_TUNING_PROBLEM_SIZE, "%s", problem);
  }
  snprintf(tuning->list[i].choice, SIAM_TUNING_CHOICE_SIZE, "%s", choice);
  return SIAM_OK;
}

/// Whether a text ends within `size` and has only characters that a line of the entry can hold.
static bool is_word(const char *text, size_t length, size_t size) {
  for (size_t i = 0; i < length; i++)
    if (text[i] < ' ' || text[i] > '~') return false;
  return length > 0 && length < size;
}

/// Takes a line, "problem<tab>choice", apart in place.
static siam_status take_line(siam_tuning *tuning, char *line) {
  char *tab = strchr(line, '\t');
  if (tab == NULL) return SIAM_ERROR_FORMAT;
  *tab = '\0';
  if (!is_word(line, strlen(line), SIAM_TUNING_PROBLEM_SIZE) ||
      !is_word(tab + 1, strlen(tab + 1), SIAM_TUNING_CHOICE_SIZE))
    return SIAM_ERROR_FORMAT;
  return set(tuning, line, tab + 1);
}

/// Reads the lines of an entry; one that is malformed gives up all of them.
static siam_status parse(siam_tuning *tuning, char *text) {
  siam_status status = SIAM_OK;
  for (char *line = text, *end = NULL; *line != '\0' && status == SIAM_OK; line = end + 1) {
    end = strchr(line, '\n');
    if (end == NULL) return SIAM_ERROR_FORMAT;
    *end = '\0';
    status = take_line(tuning, line);
  }
  return status;
}

void siam_tuning_release(siam_device *device) {
  if (device->tuning != NULL) siam_free(device->tuning->list);
  siam_free(device->tuning);
  device->tuning = NULL;
}

siam_status siam_tuning_parse(siam_device *device, const uint8_t *bytes, size_t count) {
  siam_text lines = {0};
  siam_tuning_release(device);
  device->tuning = siam_allocate(1, sizeof *device->tuning);
  if (device->tuning == NULL) return SIAM_ERROR_MEMORY;
  siam_text_add_bytes(&lines, (const char *)bytes, count);
  siam_status status = siam_text_status(&lines);
  if (status == SIAM_OK && (strlen(lines.bytes) != count || parse(device->tuning, lines.bytes) != SIAM_OK))
    device->tuning->count = 0;
  siam_text_clear(&lines);
  return status;
}

/// Reads the entry, once.
static siam_status load(siam_device *device) {
  siam_status status = SIAM_OK;
  siam_text key = {0};
  uint8_t *bytes = NULL;
  size_t count = 0;
  if (device->tuning != NULL) return SIAM_OK;
  SIAM_TRY(siam_tuning_key(device, &key));
  // Every command asks; a folder that cannot be used is news only for whoever has results to keep.
  if (siam_cache_load(SIAM_TUNING_KIND, key.bytes, MOST_BYTES, &bytes, &count) != SIAM_OK)
    siam_log(&device->logger, SIAM_LOG_DEBUG, "%s", siam_last_error());
  SIAM_TRY(siam_tuning_parse(device, bytes, count));
cleanup:
  siam_free(bytes);
  siam_text_clear(&key);
  return status;
}

const char *siam_tuning_find(siam_device *device, const char *problem) {
  if (load(device) != SIAM_OK) return NULL;
  const siam_tuning *tuning = device->tuning;
  for (size_t i = 0; i < tuning->count; i++)
    if (strcmp(tuning->list[i].problem, problem) == 0) return tuning->list[i].choice;
  return NULL;
}

static siam_status store(siam_device *device) {
  siam_status status = SIAM_OK;
  siam_text key = {0}, lines = {0};
  const siam_tuning *tuning = device->tuning;
  for (size_t i = 0; i < tuning->count; i++)
    siam_text_add(&lines, "%s\t%s\n", tuning->list[i].problem, tuning->list[i].choice);
  SIAM_TRY(siam_text_status(&lines));
  SIAM_TRY(siam_tuning_key(device, &key));
  siam_device_report_cache(device, siam_cache_store(SIAM_TUNING_KIND, key.bytes, lines.bytes, lines.length),
                           "what was tuned holds for this run alone");
cleanup:
  siam_text_clear(&key);
  siam_text_clear(&lines);
  return status;
}

bool siam_tuning_at(siam_device *device, size_t index, const char **problem, const char **choice) {
  if (load(device) != SIAM_OK || index >= device->tuning->count) return false;
  *problem = device->tuning->list[index].problem;
  *choice = device->tuning->list[index].choice;
  return true;
}

siam_status siam_tuning_strike(siam_device *device, const char *problem) {
  SIAM_RETURN_IF_FAILED(load(device));
  siam_tuning *tuning = device->tuning;
  size_t i = 0;
  while (i < tuning->count && strcmp(tuning->list[i].problem, problem) != 0) i++;
  if (i == tuning->count) return SIAM_OK;
  tuning->list[i] = tuning->list[--tuning->count];
  return store(device);
}

siam_status siam_tuning_keep(siam_device *device, const char *problem, const char *choice) {
  if (!is_word(problem, strlen(problem), SIAM_TUNING_PROBLEM_SIZE) ||
      !is_word(choice, strlen(choice), SIAM_TUNING_CHOICE_SIZE))
    return siam_fail(SIAM_ERROR_ARGUMENT, "tuning: '%s' for '%s' cannot be kept", choice, problem);
  SIAM_RETURN_IF_FAILED(load(device));
  SIAM_RETURN_IF_FAILED(set(device->tuning, problem, choice));
  return store(device);
}
