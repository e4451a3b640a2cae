/// text.h: a text as numbers of words, for language models. A word is a run of letters, small ones; a digit
/// or a mark is a word of its own. The vocabulary has the words that the training part has at least twice,
/// and one entry that stands for all others.
#ifndef SIAM_APPS_SHARING_TEXT_H
#define SIAM_APPS_SHARING_TEXT_H

#include "sharing/fit.h"

/// Numbers of words, in the order of the text.
typedef struct sharing_passage {
  const uint32_t *words;
  size_t count;
} sharing_passage;

/// Of every document the first eight tenths are for training, the next one for choosing, the last one unseen.
typedef struct sharing_text {
  const char *name; ///< For people.
  uint32_t vocabulary;
  const char *const *spelling; ///< [vocabulary]; entry 0 stands for the words that are not in it.
  const uint64_t *occurrences; ///< [vocabulary], in the training part.
  sharing_passage training, choosing, unseen;
} sharing_text;

/// Reads the file that the options name, or else licences that Debian's base-files ships. Everything lives as
/// long as the part.
siam_status sharing_text_read(sharing_lesson *lesson, sharing_text *text);

/// Examples of a passage: `context` words, and the one that follows them as the target; the first of them
/// begins at word `offset`, and behind the last word the passage begins again.
sharing_set sharing_text_examples(sharing_lesson *lesson, sharing_passage passage, size_t context,
                                  size_t offset);

/// Perplexity of a passage for a model that knows how often each word occurs in training, and nothing else
/// (with one added to each count).
double sharing_text_baseline(const sharing_text *text, sharing_passage passage);

#endif
