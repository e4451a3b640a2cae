/// examples.h: what the study's autoencoders learn to give back: pictures, or spelled words.
#ifndef SIAM_APPS_SHARING_EXAMPLES_H
#define SIAM_APPS_SHARING_EXAMPLES_H

#include "sharing/fit.h"

enum {
  PICTURE_SIDE = 16,
  WORD_LETTERS = 12,
  ALPHABET = 27, ///< The letters, and one place for whatever else.
};

/// All pictures of the folder that the options name, [16, 16] numbers each, from 0 for white to 1 for black;
/// each is its own target. At most `most` of them, at random.
siam_status sharing_pictures(sharing_lesson *lesson, size_t most, sharing_set *set);

/// The different words of the text, of three letters or more, as one-hot letters [12, 27].
siam_status sharing_spelled_words(sharing_lesson *lesson, sharing_set *set);

#endif
