// tests/data/models/VERSION: model files that VERSION wrote, one for each kind of thing that a file may say,
// and beside each what VERSION embedded two pictures to (siamese-embed -m NAME.siamese PICTURES -o NAME.csv).
// Every later version loads them and agrees. isotonic.siamese is plain.siamese with another calibration, the
// first resampler and a key that nobody knows, put there by hand.
#include "base/memory.h"
#include "data/resample.h"
#include "model/model.h"
#include "pipeline/decision.h"
#include "pipeline/embedder.h"
#include "reference_network.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <math.h>
#include <siamese/compare.h>
#include <siamese/model.h>
#include <stdio.h>
#include <string.h>

#define FIXTURES SIAMESE_SOURCE_DIR "/tests/data/fixtures/"
enum { PICTURES = 2, MOST_DIMENSIONS = 16 };

/// What a model file says, and what its version made of the two pictures by siamese-compare.
typedef struct released {
  const char *path; ///< Below tests/data/models, without its ending.
  int layers, parameters;
  double threshold; ///< 0: it is not for comparing.
  const char *point;
  double similarity, steepest; ///< Of the pair; the most that similarity changes for a distance.
} released;

static const released files[] = {
    {"0.1/plain", 9, 9, 0.208675198, "far 1e-2", 0.662567484, 2.83 / 4},
    {"0.1/isotonic", 9, 9, 0.472710103, "best accuracy", 0.724519844, (0.9 - 0.7) / (0.3 - 0.05)},
    {"0.1/tied", 9, 5, 0.0735613517, "best accuracy", 0.364050058, 0.54 / 4},
    {"0.1/reconstruct", 7, 4, 0, "", 0, 0},
};
enum { FILES = sizeof files / sizeof *files };

static siam_device *device;
static siam_model *model;

static void begin(void) {
  cr_assert_eq(siam_device_create(NULL, &device), SIAM_OK, "%s", siam_last_error());
}
static void end(void) {
  siam_device_destroy(device);
}
TestSuite(released_models, .init = begin, .fini = end, .timeout = 300);

static const char *name_of(const released *file, const char *ending) {
  static char path[1024];
  snprintf(path, sizeof path, "%s/tests/data/models/%s%s", SIAMESE_SOURCE_DIR, file->path, ending);
  return path;
}

/// Pictures and their embeddings as the file's version had them.
typedef struct kept {
  char path[256];
  float embedding[MOST_DIMENSIONS];
} kept;

static void read_kept(const released *file, size_t dimensions, kept *rows) {
  FILE *list = fopen(name_of(file, ".csv"), "r");
  cr_assert_not_null(list, "%s", name_of(file, ".csv"));
  cr_assert_eq(fscanf(list, "path%*[^\n]\n"), 0);
  for (int r = 0; r < PICTURES; r++) {
    char picture[128];
    cr_assert_eq(fscanf(list, "%127[^,]", picture), 1);
    snprintf(rows[r].path, sizeof rows[r].path, FIXTURES "%s", picture);
    for (size_t d = 0; d < dimensions; d++) cr_assert_eq(fscanf(list, ",%f", &rows[r].embedding[d]), 1);
    cr_assert_eq(fscanf(list, "%*[\n]"), 0);
  }
  fclose(list);
}

/// How far rounding may take an embedding of the picture: the largest of the bounds of its numbers.
static double bound_of(const char *path) {
  const siam_picture_shape shape = siam_model_picture_shape(model);
  uint8_t *bytes = siam_allocate(siam_picture_shape_bytes(&shape), 1);
  cr_assert_eq(siam_picture_load_resized(path, NULL, &shape, bytes), SIAM_OK, "%s", siam_last_error());
  siam_reference_network *reference = siam_reference_network_create(model->network, 1, false);
  for (size_t i = 0; i < siam_picture_shape_bytes(&shape); i++) {
    const size_t c = i % shape.channels;
    const double deviation = (double)model->preprocessing.deviation[c];
    // As src/compute/augment.c does it, to the bit.
    const float product = (float)bytes[i] * (float)(1 / (255 * deviation));
    reference->values[0][i] = (double)(product + (float)(-(double)model->preprocessing.mean[c] / deviation));
  }
  siam_reference_network_forward(reference);
  siam_reference_network_bound_forward(reference);
  double largest = 0;
  for (size_t d = 0; d < siam_reference_network_size(reference, model->network->count); d++)
    largest = fmax(largest, reference->value_errors[model->network->count][d]);
  siam_reference_network_destroy(reference);
  siam_free(bytes);
  return largest;
}

static void expect_embeddings(const released *file, kept *rows, double *bound) {
  const size_t dimensions = (size_t)siam_model_get_info(model).embedding;
  siam_comparer *comparer = NULL;
  const double none = 1;
  cr_assert_leq(dimensions, MOST_DIMENSIONS);
  read_kept(file, dimensions, rows);
  cr_assert_eq(siam_comparer_create(model, &(siam_compare_options){.threshold = &none}, &comparer), SIAM_OK,
               "%s", siam_last_error());
  for (int r = 0; r < PICTURES; r++) {
    float embedding[MOST_DIMENSIONS];
    cr_assert_eq(siam_comparer_embed(comparer, rows[r].path, embedding), SIAM_OK, "%s", siam_last_error());
    // The numbers that were kept are within the bound of the exact ones, and so are those of today.
    const double allowed = 2 * bound_of(rows[r].path);
    cr_expect_lt(allowed, 0.05, "%s: a bound of %g says nothing", file->path, allowed);
    *bound = fmax(*bound, allowed);
    for (size_t d = 0; d < dimensions; d++)
      cr_expect_float_eq(embedding[d], rows[r].embedding[d], allowed,
                         "%s, %s, number %zu: %.9g, and was %.9g", file->path, rows[r].path, d,
                         (double)embedding[d], (double)rows[r].embedding[d]);
  }
  siam_comparer_destroy(comparer);
}

static void expect_verdict(const released *file, const kept *rows, double bound) {
  const double dimensions = siam_model_get_info(model).embedding;
  siam_comparer *comparer = NULL;
  siam_comparison comparison;
  if (file->threshold == 0) {
    cr_expect_neq(siam_comparer_create(model, NULL, &comparer), SIAM_OK);
    return;
  }
  cr_assert_eq(siam_comparer_create(model, NULL, &comparer), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_compare(comparer, rows[0].path, rows[1].path, &comparison), SIAM_OK, "%s",
               siam_last_error());
  // Nine digits were kept.
  cr_expect_float_eq(comparison.threshold, file->threshold, 1e-8 * file->threshold);
  cr_expect_str_eq(comparison.point, file->point);
  // A distance is off by no more than both embeddings are, each by the bound in every number.
  const double allowed = file->steepest * 2 * bound * sqrt(dimensions) + 1e-9;
  cr_expect_float_eq(comparison.similarity, file->similarity, allowed, "%s: %.9g", file->path,
                     comparison.similarity);
  siam_comparer_destroy(comparer);
}

Test(released_models, load_for_ever_and_give_the_same_embeddings_and_verdicts) {
  for (int f = 0; f < FILES; f++) {
    kept rows[PICTURES] = {0};
    double bound = 0;
    cr_assert_eq(siam_model_load(device, name_of(&files[f], ".siamese"), &model), SIAM_OK, "%s",
                 siam_last_error());
    cr_expect_eq(model->network->count, (size_t)files[f].layers, "%s: %zu layers", files[f].path,
                 model->network->count);
    cr_expect_eq(model->network->store.count, (size_t)files[f].parameters, "%s: %zu parameters",
                 files[f].path, model->network->store.count);
    expect_embeddings(&files[f], rows, &bound);
    expect_verdict(&files[f], rows, bound);
    siam_model_destroy(model);
  }
}

Test(released_models, keep_what_this_version_does_not_know_when_they_are_written_again) {
  char *folder = siam_scratch_create();
  const char *copy = siam_scratch_path(folder, "copy");
  cr_assert_eq(siam_model_load(device, name_of(&files[1], ".siamese"), &model), SIAM_OK, "%s",
               siam_last_error());
  cr_expect_eq(model->preprocessing.resampler, 1);
  cr_expect_str_eq(siam_model_get_fact(model, "future_key"), "kept");
  cr_assert_eq(siam_model_save(model, copy), SIAM_OK, "%s", siam_last_error());
  siam_model_destroy(model);
  cr_assert_eq(siam_model_load(device, copy, &model), SIAM_OK, "%s", siam_last_error());
  cr_expect_eq(model->preprocessing.resampler, 1);
  cr_expect_str_eq(siam_model_get_fact(model, "future_key"), "kept");
  siam_model_destroy(model);
  siam_scratch_remove(folder);
}
