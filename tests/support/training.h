/// A small training for a test: a folder of its own with shapes and the description of an encoder, and a
/// device. One at a time.
#ifndef SIAM_TEST_TRAINING_H
#define SIAM_TEST_TRAINING_H

#include "model/model.h"

#include <siamese/train.h>

/// Makes the folder with data/ (12 classes of 6 pictures, 16 × 16) and encoder.txt, and opens the device.
void siam_test_training_begin(const char *encoder);
void siam_test_training_end(void);

siam_device *siam_test_training_device(void);

/// A path in the folder; valid until the sixteenth call after this one.
const char *siam_test_training_path(const char *name);

/// Writes a file of the folder.
void siam_test_training_write(const char *name, const char *text);

/// Trains, which must succeed.
siam_train_report siam_test_train(const siam_train_options *options);

/// Loads a model of the folder; siam_model_destroy() frees it.
siam_model *siam_test_training_load(const char *name);

#endif
