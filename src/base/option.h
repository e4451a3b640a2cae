/// option.h: what people write behind the name of a layer or a loss: bare values in the order of a table's
/// row, then name=value, as in `conv 64 3 pad=1` or `triplet hardest margin=0.2`.
#ifndef SIAM_BASE_OPTION_H
#define SIAM_BASE_OPTION_H

#include "base/text.h"

enum { SIAM_OPTIONS_MAX = 8, SIAM_LINE_SIZE = 512, SIAM_WORDS_MAX = 24 };

/// One option of a row. A list of them ends at the first without a name.
typedef struct siam_option {
  const char *name;
  double standard;        ///< Value where the text is silent; NAN: must be given.
  double lowest, highest; ///< Both allowed.
  bool whole;             ///< No fractions.
  /// Words that stand for 0, 1, … and are written instead of numbers; ends with NULL. NULL: numbers only.
  const char *const *words;
} siam_option;

/// A line taken apart at its blanks, up to a '#'.
typedef struct siam_words {
  char bytes[SIAM_LINE_SIZE];
  char *words[SIAM_WORDS_MAX];
  int count;
} siam_words;

siam_status siam_words_split(const char *line, size_t length, siam_words *words);

/// Number of the option called `name`; −1 without one.
int siam_option_find(const siam_option *options, const char *name);

/// Reads a number, or one of the option's words. Its limits are the business of siam_options_take().
siam_status siam_option_read(const siam_option *option, const char *word, double *value);

/// Writes `values`: those `given` (NAN where they are not; NULL: none is), else the standard ones, all within
/// their limits. Errors name `owner`.
siam_status siam_options_take(const siam_option *options, const char *owner, const double *given,
                              double *values);

/// Adds the options as words behind a name, a blank before each: the first `positional` bare, then the others
/// by name, standard values left out unless `all`.
void siam_options_write(const siam_option *options, int positional, bool all, const double *values,
                        siam_text *text);

/// Adds "first, second, …, " for messages.
void siam_options_list(const siam_option *options, siam_text *text);

#endif
