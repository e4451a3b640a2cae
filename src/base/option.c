#include "base/option.h"

#include "base/number.h"

#include <math.h>
#include <string.h>

siam_status siam_words_split(const char *line, size_t length, siam_words *words) {
  if (length >= SIAM_LINE_SIZE)
    return siam_fail(SIAM_ERROR_FORMAT, "longer than %d characters", SIAM_LINE_SIZE - 1);
  memcpy(words->bytes, line, length);
  words->bytes[length] = '\0';
  words->bytes[strcspn(words->bytes, "#")] = '\0';
  words->count = 0;
  char *rest = NULL;
  for (char *word = strtok_r(words->bytes, " \t\r", &rest); word != NULL;
       word = strtok_r(NULL, " \t\r", &rest)) {
    if (words->count == SIAM_WORDS_MAX)
      return siam_fail(SIAM_ERROR_FORMAT, "more than %d words", SIAM_WORDS_MAX);
    words->words[words->count++] = word;
  }
  return SIAM_OK;
}

int siam_option_find(const siam_option *options, const char *name) {
  for (int i = 0; i < SIAM_OPTIONS_MAX && options[i].name != NULL; i++)
    if (strcmp(options[i].name, name) == 0) return i;
  return -1;
}

static siam_status fail_word(const siam_option *option, const char *word) {
  siam_text words = {0};
  for (int i = 0; option->words[i] != NULL; i++)
    siam_text_add(&words, "%s%s", i > 0 ? ", " : "", option->words[i]);
  siam_fail(SIAM_ERROR_FORMAT, "'%s' cannot be '%s'; it can be: %s", option->name, word,
            words.bytes != NULL ? words.bytes : "");
  siam_text_clear(&words);
  return SIAM_ERROR_FORMAT;
}

siam_status siam_option_read(const siam_option *option, const char *word, double *value) {
  if (option->words != NULL) {
    for (int i = 0; option->words[i] != NULL; i++) {
      if (strcmp(option->words[i], word) != 0) continue;
      *value = i;
      return SIAM_OK;
    }
    return fail_word(option, word);
  }
  const char *end = NULL;
  if (siam_number_read(word, &end, value) && *end == '\0') return SIAM_OK;
  return siam_fail(SIAM_ERROR_FORMAT, "'%s' is not a number", word);
}

siam_status siam_options_take(const siam_option *options, const char *owner, const double *given,
                              double *values) {
  for (int i = 0; i < SIAM_OPTIONS_MAX && options[i].name != NULL; i++) {
    const siam_option *option = &options[i];
    double value = given != NULL && !isnan(given[i]) ? given[i] : option->standard;
    if (isnan(value)) return siam_fail(SIAM_ERROR_ARGUMENT, "%s: '%s' must be given", owner, option->name);
    // Words stand for numbers that are right by themselves.
    bool fits = option->words != NULL || (value >= option->lowest && value <= option->highest);
    if (!fits || (option->whole && value != floor(value)))
      return siam_fail(SIAM_ERROR_ARGUMENT, "%s: %s=%g must be a %snumber from %g to %g", owner, option->name,
                       value, option->whole ? "whole " : "", option->lowest, option->highest);
    values[i] = value;
  }
  return SIAM_OK;
}

void siam_options_write(const siam_option *options, int positional, bool all, const double *values,
                        siam_text *text) {
  for (int i = 0; i < SIAM_OPTIONS_MAX && options[i].name != NULL; i++) {
    const siam_option *option = &options[i];
    bool bare = i < positional;
    if (!bare && !all && values[i] == option->standard) continue;
    siam_text_add(text, " %s%s", bare ? "" : option->name, bare ? "" : "=");
    if (option->words != NULL)
      siam_text_add(text, "%s", option->words[(int)values[i]]);
    else
      siam_text_add(text, "%.9g", values[i]);
  }
}

void siam_options_list(const siam_option *options, siam_text *text) {
  for (int i = 0; i < SIAM_OPTIONS_MAX && options[i].name != NULL; i++)
    siam_text_add(text, "%s, ", options[i].name);
}
