/// blank.h: whether a picture shows anything. Of a page of one colour, with the grain that saving leaves on
/// it, every other such page is the same after some edit, so there is nothing to compare.
#ifndef SIAM_DATA_BLANK_H
#define SIAM_DATA_BLANK_H

#include "data/resample.h"

/// Whether the samples of every channel of [height, width, channels] bytes deviate from their mean by less
/// than 3 of 255, in the root of the mean square.
bool siam_pixels_are_blank(const uint8_t *bytes, const siam_picture_shape *shape);

/// Whether no two samples of a channel are farther apart than that deviation allows for two halves of a
/// picture, 6 of 255: one colour, as far as anybody can see.
bool siam_picture_is_one_colour(const siam_picture *picture);

#endif
