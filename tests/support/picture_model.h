/// A model whose embedding is the picture itself, so that every distance is known.
#ifndef SIAM_TEST_PICTURE_MODEL_H
#define SIAM_TEST_PICTURE_MODEL_H

#include "model/model.h"

/// A 1 × 1 convolution that multiplies by 1, on grey pictures of `side` pixels: each number is v / 255 −
/// `mean`. On the tests' device; the caller destroys it.
siam_model *siam_test_picture_model(int side, float mean);

#endif
