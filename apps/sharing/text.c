#include "sharing/text.h"

#include "common/message.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 64 << 20, MOST_WORDS = 5000, LEAST_TOKENS = 2000, LEAST_TIMES = 2 };

/// The licences of base-files that are texts of their own: others repeat them, and what is repeated is not
/// unseen.
static const char *const licences[] = {"Apache-2.0", "Artistic", "CC0-1.0", "GFDL-1.3",
                                       "GPL-3",      "LGPL-2.1", "MPL-2.0", NULL};
static const char licence_folder[] = "/usr/share/common-licenses";

/// Words of a document as they are spelled, one after the other.
typedef struct spelled {
  const char **words;
  size_t count;
} spelled;

/// NULL, for read_file() to return.
static const char *fail_file(sharing_lesson *lesson, const char *path, const char *reason) {
  sharing_fail(lesson, "%s: cannot be read as a text: %s; %s", app_show(path), reason,
               lesson->choices->text != NULL
                   ? "give --text a text file, or leave it out for Debian's licences"
                   : "it belongs to Debian's package base-files; give another text by --text FILE");
  return NULL;
}

/// Reads all of an open file into memory of the part, with a 0 behind it; `*size` may be more than
/// MOST_BYTES, and then it is not all.
static const char *read_stream(sharing_lesson *lesson, FILE *file, size_t *size) {
  size_t room = 1 << 16;
  char *read = app_allocate(room, 1);
  *size = 0;
  for (size_t got; *size <= MOST_BYTES && (got = fread(read + *size, 1, room - *size - 1, file)) > 0;) {
    *size += got;
    if (room - *size > 1) continue;
    char *larger = app_allocate(2 * room, 1);
    memcpy(larger, read, *size);
    free(read);
    read = larger;
    room *= 2;
  }
  read[*size] = '\0';
  return sharing_keep(lesson, read);
}

/// The bytes of a text, or NULL after sharing_fail().
static const char *read_file(sharing_lesson *lesson, const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) return fail_file(lesson, path, strerror(errno));
  size_t size = 0;
  errno = 0;
  const char *bytes = read_stream(lesson, file, &size);
  const int reason = errno;
  const bool failed = ferror(file) != 0;
  fclose(file);
  if (failed) return fail_file(lesson, path, strerror(reason));
  if (size > MOST_BYTES) return fail_file(lesson, path, "it is larger than 64 MiB");
  if (memchr(bytes, '\0', size) != NULL) return fail_file(lesson, path, "it holds bytes of value 0");
  return bytes;
}

/// Letters of every script: bytes above ASCII belong to characters of UTF-8.
static bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

static size_t word_length(const char *at) {
  size_t length = 0;
  while (is_letter(at[length]) || (length > 0 && at[length] == '\'' && is_letter(at[length + 1]))) length++;
  return length > 0 ? length : 1;
}

static spelled take_words(sharing_lesson *lesson, const char *bytes) {
  const size_t size = strlen(bytes);
  char *spelling = sharing_memory(lesson, 2 * size + 1, 1);
  spelled made = {.words = sharing_memory(lesson, size + 1, sizeof(char *))};
  for (const char *at = bytes; *at != '\0';) {
    const size_t length = word_length(at);
    if ((unsigned char)*at > ' ' && *at != 0x7f) {
      made.words[made.count++] = spelling;
      for (size_t i = 0; i < length; i++)
        *spelling++ = at[i] >= 'A' && at[i] <= 'Z' ? (char)(at[i] - 'A' + 'a') : at[i];
      *spelling++ = '\0';
    }
    at += length;
  }
  return made;
}

/// A word and how often it occurs.
typedef struct entry {
  const char *word;
  uint64_t times;
  uint32_t number;
} entry;

static int by_spelling(const void *a, const void *b) {
  return strcmp(((const entry *)a)->word, ((const entry *)b)->word);
}

/// The commonest first; as often as each other, by spelling.
static int by_times(const void *a, const void *b) {
  const entry *left = a, *right = b;
  if (left->times != right->times) return left->times < right->times ? 1 : -1;
  return by_spelling(a, b);
}

/// The entries of the vocabulary by their spelling; `*count` of them.
static entry *make_vocabulary(sharing_lesson *lesson, const spelled *training, sharing_text *text,
                              size_t *count) {
  entry *entries = sharing_memory(lesson, training->count, sizeof *entries);
  size_t different = 0;
  for (size_t i = 0; i < training->count; i++) entries[i] = (entry){.word = training->words[i], .times = 1};
  qsort(entries, training->count, sizeof *entries, by_spelling);
  for (size_t i = 0; i < training->count; i++) {
    if (different > 0 && strcmp(entries[different - 1].word, entries[i].word) == 0)
      entries[different - 1].times++;
    else
      entries[different++] = entries[i];
  }
  qsort(entries, different, sizeof *entries, by_times);
  *count = 0;
  while (*count < different && *count < MOST_WORDS - 1 && entries[*count].times >= LEAST_TIMES) ++*count;
  const char **spelling = sharing_memory(lesson, *count + 1, sizeof *spelling);
  uint64_t *occurrences = sharing_memory(lesson, *count + 1, sizeof *occurrences);
  spelling[0] = "<other>";
  occurrences[0] = training->count;
  for (size_t i = 0; i < *count; i++) {
    entries[i].number = (uint32_t)i + 1;
    spelling[i + 1] = entries[i].word;
    occurrences[i + 1] = entries[i].times;
    occurrences[0] -= entries[i].times;
  }
  text->vocabulary = (uint32_t)*count + 1;
  text->spelling = spelling;
  text->occurrences = occurrences;
  qsort(entries, *count, sizeof *entries, by_spelling);
  return entries;
}

static sharing_passage number_words(sharing_lesson *lesson, const spelled *part, const entry *vocabulary,
                                    size_t count) {
  uint32_t *numbers = sharing_memory(lesson, part->count, sizeof *numbers);
  for (size_t i = 0; i < part->count; i++) {
    const entry wanted = {.word = part->words[i]};
    const entry *found = bsearch(&wanted, vocabulary, count, sizeof wanted, by_spelling);
    numbers[i] = found != NULL ? found->number : 0;
  }
  return (sharing_passage){numbers, part->count};
}

static void append(sharing_lesson *lesson, spelled *to, const char **words, size_t count) {
  const char **joined = sharing_memory(lesson, to->count + count, sizeof *joined);
  if (to->count > 0) memcpy((void *)joined, (const void *)to->words, to->count * sizeof *joined);
  if (count > 0) memcpy((void *)(joined + to->count), (const void *)words, count * sizeof *joined);
  *to = (spelled){joined, to->count + count};
}

enum { TRAINING, CHOOSING, UNSEEN, PARTS };

/// Adds a document to the parts.
static siam_status read_document(sharing_lesson *lesson, const char *path, spelled *parts) {
  static const size_t ends[PARTS] = {8, 9, 10};
  const char *bytes = read_file(lesson, path);
  if (bytes == NULL) return SIAM_ERROR_DATA;
  const spelled whole = take_words(lesson, bytes);
  size_t first = 0;
  for (int p = 0; p < PARTS; p++) {
    const size_t end = whole.count * ends[p] / 10;
    append(lesson, &parts[p], whole.words + first, end - first);
    first = end;
  }
  return SIAM_OK;
}

siam_status sharing_text_read(sharing_lesson *lesson, sharing_text *text) {
  spelled parts[PARTS] = {{0}};
  const char *given = lesson->choices->text;
  *text = (sharing_text){.name = given != NULL ? given : "seven licences of base-files"};
  if (given != NULL) SHARING_TRY(read_document(lesson, given, parts));
  for (const char *const *licence = licences; given == NULL && *licence != NULL; licence++) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", licence_folder, *licence);
    SHARING_TRY(read_document(lesson, path, parts));
  }
  const size_t all = parts[TRAINING].count + parts[CHOOSING].count + parts[UNSEEN].count;
  if (all < LEAST_TOKENS)
    return sharing_fail(lesson, "%s: has %zu words; a text of at least %d is needed", app_show(text->name),
                        all, LEAST_TOKENS);
  size_t count = 0;
  const entry *vocabulary = make_vocabulary(lesson, &parts[TRAINING], text, &count);
  text->training = number_words(lesson, &parts[TRAINING], vocabulary, count);
  text->choosing = number_words(lesson, &parts[CHOOSING], vocabulary, count);
  text->unseen = number_words(lesson, &parts[UNSEEN], vocabulary, count);
  return SIAM_OK;
}

sharing_set sharing_text_examples(sharing_lesson *lesson, sharing_passage passage, size_t context,
                                  size_t offset) {
  const size_t count = passage.count - context;
  float *x = sharing_floats(lesson, count * context), *target = sharing_floats(lesson, count);
  for (size_t i = 0; i < count; i++) {
    const uint32_t *words = passage.words + (i + offset) % count;
    for (size_t k = 0; k < context; k++) x[i * context + k] = (float)words[k];
    target[i] = (float)words[context];
  }
  return (sharing_set){.count = count, .inputs = context, .targets = 1, .x = x, .target = target};
}

double sharing_text_baseline(const sharing_text *text, sharing_passage passage) {
  double sum = 0;
  const double all = (double)text->training.count + text->vocabulary;
  for (size_t i = 0; i < passage.count; i++)
    sum -= log(((double)text->occurrences[passage.words[i]] + 1) / all);
  return exp(sum / (double)passage.count);
}
