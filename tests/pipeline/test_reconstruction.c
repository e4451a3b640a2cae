#include "pipeline/reconstruction.h"

#include "model/description.h"
#include "pictures.h"
#include "pipeline/embedder.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 4, CHANNELS = 3, NUMBERS = SIDE * SIDE * CHANNELS, SEEN = 5, UNSEEN = 70 };

static char *folder;
static siam_device *device;
static siam_model *model;
static siam_dataset *data[2];
static siam_images *images[2]; ///< Of training, and others, more than one batch.
static uint8_t pictures[2][UNSEEN][NUMBERS];
static const uint32_t counts[2] = {SEEN, UNSEEN};

static void open_set(int which) {
  char name[64];
  for (uint32_t i = 0; i < counts[which]; i++) {
    for (size_t p = 0; p < NUMBERS; p++)
      pictures[which][i][p] = (uint8_t)(37 * i + 11 * p * (p + 1) + 90 * (size_t)which);
    snprintf(name, sizeof name, "%d/%02u.ppm", which, i);
    siam_test_write_pnm(siam_scratch_path(folder, name), SIDE, SIDE, CHANNELS, pictures[which][i]);
  }
  snprintf(name, sizeof name, "%d", which);
  const char *path = siam_scratch_path(folder, name);
  const siam_images_options options = {.shape = siam_model_picture_shape(model)};
  cr_assert_eq(siam_dataset_collect(&path, 1, NULL, &data[which]), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_images_open(data[which], &options, &images[which]), SIAM_OK, "%s", siam_last_error());
}

/// A network whose outputs are known, and both sets of pictures.
static void begin_with(const char *description) {
  siam_network *network = NULL;
  folder = siam_scratch_create();
  cr_assert_eq(siam_device_create(NULL, &device), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_description_parse("test", description, NULL, &network), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_model_wrap(device, network, 1, &model), SIAM_OK, "%s", siam_last_error());
  for (int c = 0; c < CHANNELS; c++) {
    model->preprocessing.mean[c] = 0.25F * (float)(c + 1);
    model->preprocessing.deviation[c] = 0.5F / (float)(c + 1);
  }
  for (int which = 0; which < 2; which++) open_set(which);
}
static void end(void) {
  for (int which = 0; which < 2; which++) {
    siam_images_destroy(images[which]);
    siam_dataset_destroy(data[which]);
  }
  siam_model_destroy(model);
  siam_device_destroy(device);
  siam_scratch_remove(folder);
}
TestSuite(reconstruction, .fini = end, .timeout = 60);

static siam_reconstruction measure(void) {
  siam_reconstruction result;
  siam_telling telling = {0};
  cr_assert_eq(siam_reconstruction_measure(model, images[0], images[1], &telling, &result), SIAM_OK, "%s",
               siam_last_error());
  return result;
}

/// Mean of (guess − value)² over the unseen pictures; NULL: the mean picture of those seen.
static double expect(const double *guess) {
  double sum = 0;
  for (size_t p = 0; p < NUMBERS; p++) {
    double mean = 0;
    for (int i = 0; i < SEEN; i++) mean += pictures[0][i][p] / 255.0 / SEEN;
    for (int i = 0; i < UNSEEN; i++) {
      double off = (guess != NULL ? guess[p % CHANNELS] : mean) - pictures[1][i][p] / 255.0;
      sum += off * off;
    }
  }
  return sum / NUMBERS / UNSEEN;
}

// Sums in double of some thousand terms below 1, in another order.
static const double summing = 1e-12;

Test(reconstruction, what_gives_back_its_input_has_no_error_and_the_mean_picture_has_one) {
  begin_with("input 4 4 3\nflatten\n");
  siam_reconstruction result = measure();
  // Two roundings of a float on the way in, undone in double: (2 · 2⁻²⁴ · (|v| + |mean|))².
  cr_expect_leq(result.error, 16 * 0x1p-48);
  cr_expect_float_eq(result.mean_picture, expect(NULL), summing);
}

Test(reconstruction, errors_are_those_of_values_from_0_to_1_whatever_the_normalisation) {
  begin_with("input 4 4 3\nflatten\nlinear 48 bias=0\n");
  float zeros[NUMBERS * NUMBERS] = {0};
  cr_assert_eq(siam_network_write(model->network, "linear1.weight", zeros), SIAM_OK);
  // A normalised 0 is the mean of its channel.
  const double mean[CHANNELS] = {0.25, 0.5, 0.75};
  siam_reconstruction result = measure();
  cr_expect_float_eq(result.error, expect(mean), summing);
  cr_expect_float_eq(result.mean_picture, expect(NULL), summing);
}
