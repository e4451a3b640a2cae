#include "sharing/lesson.h"

#include "common/message.h"
#include "common/progress.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { CLAIM_WIDTH = 18 };

/// A block or a network that lives as long as the part.
struct sharing_owned {
  sharing_owned *next;
  void *block;
  siam_network *network;
};

static sharing_owned *own(sharing_lesson *lesson) {
  sharing_owned *entry = app_allocate(1, sizeof *entry);
  entry->next = lesson->owned;
  lesson->owned = entry;
  return entry;
}

void sharing_release(sharing_lesson *lesson, const sharing_owned *last) {
  while (lesson->owned != last) {
    sharing_owned *entry = lesson->owned;
    lesson->owned = entry->next;
    siam_network_destroy(entry->network);
    free(entry->block);
    free(entry);
  }
}

/// What comes before the first line for people; a part that fails before it has one prints nothing.
static void begin(sharing_lesson *lesson) {
  if (lesson->begun || lesson->json) return;
  lesson->begun = true;
  if (lesson->preface != NULL) printf("%s\n\n", lesson->preface);
  printf("%s%s%s\n", app_paint(stdout, APP_BOLD), lesson->title, app_paint(stdout, APP_PLAIN));
}

siam_status sharing_run(const sharing_part *part, const sharing_lesson *common, json_t **object,
                        unsigned *failures) {
  sharing_lesson lesson = *common;
  lesson.name = part->name;
  lesson.title = part->title;
  lesson.object = json_pack("{ss s[]}", "title", part->title, "claims");
  if (lesson.object == NULL) app_end_without_memory();
  const siam_status status = part->run(&lesson);
  app_progress_end();
  if (status != SIAM_OK) lesson.trouble != NULL ? app_fail("%s", lesson.trouble) : app_fail_library();
  sharing_release(&lesson, NULL);
  if (lesson.begun) putchar('\n');
  json_object_set_new(lesson.object, "held", json_boolean(lesson.failures == 0));
  *object = lesson.object;
  *failures += lesson.failures;
  return status;
}

void sharing_gap(sharing_lesson *lesson) {
  begin(lesson);
  if (!lesson->json) putchar('\n');
}

void sharing_say(sharing_lesson *lesson, const char *format, ...) {
  char *text = NULL;
  va_list arguments;
  va_start(arguments, format);
  if (vasprintf(&text, format, arguments) < 0) app_end_without_memory();
  va_end(arguments);
  begin(lesson);
  if (!lesson->json) printf("  %s\n", text);
  free(text);
}

void sharing_show(sharing_lesson *lesson, app_table *table) {
  begin(lesson);
  if (!lesson->json) {
    putchar('\n');
    app_table_print(table, stdout);
    putchar('\n');
  }
  app_table_destroy(table);
}

void sharing_claim(sharing_lesson *lesson, bool held, const char *claim, const char *evidence, ...) {
  char *text = NULL;
  va_list arguments;
  va_start(arguments, evidence);
  if (vasprintf(&text, evidence, arguments) < 0) app_end_without_memory();
  va_end(arguments);
  begin(lesson);
  if (!lesson->json)
    printf("  %s%-6s%s  %s%*s  %s\n", app_paint(stdout, held ? APP_GREEN : APP_RED), held ? "held" : "FAILED",
           app_paint(stdout, APP_PLAIN), claim, CLAIM_WIDTH - (int)app_columns(claim), "", text);
  if (!held) {
    lesson->failures++;
    app_fail("claim failed: %s: %s: %s", lesson->name, claim, text);
  }
  json_array_append_new(json_object_get(lesson->object, "claims"),
                        json_pack("{ss sb ss}", "claim", claim, "held", held, "evidence", text));
  free(text);
}

siam_status sharing_fail(sharing_lesson *lesson, const char *format, ...) {
  char *text = NULL;
  va_list arguments;
  va_start(arguments, format);
  if (vasprintf(&text, format, arguments) < 0) app_end_without_memory();
  va_end(arguments);
  lesson->trouble = sharing_keep(lesson, text);
  return SIAM_ERROR_DATA;
}

void *sharing_keep(sharing_lesson *lesson, void *block) {
  return own(lesson)->block = block;
}

void *sharing_memory(sharing_lesson *lesson, size_t count, size_t size) {
  return sharing_keep(lesson, app_allocate(count, size));
}

float *sharing_floats(sharing_lesson *lesson, size_t count) {
  return sharing_memory(lesson, count, sizeof(float));
}

double *sharing_doubles(sharing_lesson *lesson, size_t count) {
  return sharing_memory(lesson, count, sizeof(double));
}

siam_status sharing_describe(sharing_lesson *lesson, int inputs, const char *const *lines,
                             siam_network **network) {
  SHARING_TRY(siam_network_create(1, 1, inputs, network));
  own(lesson)->network = *network;
  for (; *lines != NULL; lines++) SHARING_TRY(siam_network_add(*network, *lines));
  return SIAM_OK;
}

siam_status sharing_build(sharing_lesson *lesson, int inputs, const char *const *lines,
                          siam_network **network) {
  SHARING_TRY(sharing_describe(lesson, inputs, lines, network));
  return siam_network_place(*network, lesson->device, lesson->seed);
}

/// SplitMix64 (Steele, Lea and Flood 2014).
static uint64_t mix(uint64_t z) {
  z += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

uint64_t sharing_random(uint64_t seed, unsigned what, uint64_t index) {
  return mix(mix(seed ^ mix(what)) + index);
}

void sharing_shuffle(uint64_t seed, unsigned what, uint32_t *order, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const size_t j = sharing_random(seed, what, i) % (i + 1);
    order[i] = order[j];
    order[j] = (uint32_t)i;
  }
}

void sharing_draw(const sharing_lesson *lesson, unsigned what, size_t count, float *values) {
  for (size_t i = 0; i < count; i++)
    values[i] = ((float)(sharing_random(lesson->seed, what, i) >> 55) - 256) / 256;
}

bool sharing_same_bits(const float *a, const float *b, size_t count) {
  for (size_t i = 0; i < count; i++) {
    uint32_t left, right;
    memcpy(&left, &a[i], sizeof left);
    memcpy(&right, &b[i], sizeof right);
    if (left != right) return false;
  }
  return true;
}
