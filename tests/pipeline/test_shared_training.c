// Training of an encoder that uses one matrix in four places, two of them transposed: what holds for any
// encoder holds for it, through checkpoint, resume and file, because nothing on the way knows of sharing.
#include "base/file.h"
#include "base/memory.h"
#include "model/model.h"
#include "reference/reference_network.h"
#include "scratch.h"
#include "shapes.h"
#include "reference/values.h"

#include <criterion/criterion.h>
#include <math.h>
#include <siamese/network.h>
#include <siamese/train.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 16, PIXELS = SIDE * SIDE, HIDDEN = 20, STEPS = 24, STOPPED = 11, IMAGES = 5 };

static const char four_places[] = "input 16 16 1\n"
                                  "flatten\n"
                                  "linear 20 name=a\n"
                                  "tanh\n"
                                  "linear 256 name=b weight=a.weight^T\n"
                                  "tanh\n"
                                  "linear 20 name=c weight=a.weight\n"
                                  "tanh\n"
                                  "linear 256 name=d weight=a.weight^T\n"
                                  "l2_normalize\n";

static char *folder;
static siam_device *device;

static void begin(void) {
  folder = siam_scratch_create();
  siam_test_write_shapes(siam_scratch_path(folder, "data"), 12, 6, 1);
  cr_assert_eq(siam_file_replace(siam_scratch_path(folder, "four.txt"), four_places, strlen(four_places)),
               SIAM_OK);
  cr_assert_eq(siam_device_create(NULL, &device), SIAM_OK, "%s", siam_last_error());
}
static void end(void) {
  siam_device_destroy(device);
  siam_scratch_remove(folder);
}
TestSuite(shared_training, .init = begin, .fini = end, .timeout = 300);

static bool stop(void *context, const siam_train_progress *progress) {
  (void)context;
  return progress->step < STOPPED;
}

/// Trains to `output`, in one go, or stopped and resumed.
static void train(const char *output, const char *optimizer, bool in_parts) {
  char data[512], encoder[512];
  snprintf(data, sizeof data, "%s/data", folder);
  snprintf(encoder, sizeof encoder, "%s/four.txt", folder);
  siam_train_options options = {.data = data,
                                .output = output,
                                .model = {.encoder = encoder},
                                .optimizer = optimizer,
                                .batch = 8,
                                .steps = STEPS,
                                .holdout = 0.3,
                                .seed = 5};
  siam_train_report report;
  if (in_parts) {
    options.progress = stop;
    cr_assert_eq(siam_train(device, &options, &report), SIAM_INTERRUPTED);
    options.progress = NULL;
    options.resume = true;
  }
  cr_assert_eq(siam_train(device, &options, &report), SIAM_OK, "%s", siam_last_error());
}

static void assert_same_files(const char *a, const char *b) {
  uint8_t *bytes_a = NULL, *bytes_b = NULL;
  size_t count_a = 0, count_b = 0;
  cr_assert_eq(siam_file_read(a, 1 << 24, &bytes_a, &count_a), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_file_read(b, 1 << 24, &bytes_b, &count_b), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(count_a, count_b);
  cr_assert_eq(memcmp(bytes_a, bytes_b, count_a), 0, "resuming changed the bits");
  siam_free(bytes_a);
  siam_free(bytes_b);
}

static void compare(const char *what, const float *found, const double *expected, const double *bounds,
                    size_t count) {
  for (size_t i = 0; i < count; i++)
    cr_assert_leq(fabs(found[i] - expected[i]), bounds[i], "%s[%zu] is %.9g and must be %.9g ± %.2g", what, i,
                  (double)found[i], expected[i], bounds[i]);
}

/// Holds a trained network's output and the gradient of its shared matrix to float64.
static void check_against_float64(siam_network *network) {
  float x[IMAGES * PIXELS], y[IMAGES * PIXELS], dy[IMAGES * PIXELS], gradient[PIXELS * HIDDEN];
  siam_check_fill(x, IMAGES * PIXELS, SIAM_VALUES_SPREAD, 7);
  siam_check_fill(dy, IMAGES * PIXELS, SIAM_VALUES_SPREAD, 8);
  siam_reference_network *reference = siam_reference_network_create(network, IMAGES, false);
  size_t last = network->count;
  for (size_t i = 0; i < IMAGES * PIXELS; i++) reference->values[0][i] = x[i];
  for (size_t i = 0; i < IMAGES * PIXELS; i++) reference->slopes[last][i] = dy[i];
  siam_reference_network_forward(reference);
  siam_reference_network_backward(reference);
  siam_reference_network_bound(reference, 0);
  cr_assert_eq(siam_network_clear_gradients(network), SIAM_OK);
  cr_assert_eq(siam_network_forward(network, false, x, IMAGES, y), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_network_backward(network, dy, NULL), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_network_read_gradient(network, "c.weight", gradient), SIAM_OK);
  compare("y", y, reference->values[last], reference->value_errors[last], IMAGES * PIXELS);
  compare("gradient", gradient, reference->gradients[0], reference->gradient_errors[0], PIXELS * HIDDEN);
  siam_reference_network_destroy(reference);
}

Test(shared_training, four_uses_of_one_matrix_resume_to_the_bit_and_equal_float64) {
  static const char *const optimizers[] = {"sgd", "adam"};
  for (int i = 0; i < 2; i++) {
    char whole[512], parts[512];
    snprintf(whole, sizeof whole, "%s/whole.%s", folder, optimizers[i]);
    snprintf(parts, sizeof parts, "%s/parts.%s", folder, optimizers[i]);
    train(whole, optimizers[i], false);
    train(parts, optimizers[i], true);
    assert_same_files(whole, parts);
    siam_network *network = NULL;
    cr_assert_eq(siam_network_load(device, parts, &network), SIAM_OK, "%s", siam_last_error());
    siam_parameter_info info;
    bool transposed = false;
    cr_assert_eq(siam_network_get_slot(network, "d.weight", &info, &transposed), SIAM_OK);
    cr_assert_str_eq(info.name, "a.weight");
    cr_assert_eq(info.users, 4);
    cr_assert(transposed);
    cr_assert_eq(siam_network_get_info(network).weights, PIXELS * HIDDEN + 2 * HIDDEN + 2 * PIXELS);
    check_against_float64(network);
    siam_network_destroy(network);
  }
}
