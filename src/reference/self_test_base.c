// A model's embeddings made elsewhere: written where there is no such file, else compared with.
#include "base/file.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/npy.h"
#include "reference/self_test_trial.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/// Which model it is, for the file's note: a checksum of all that embeddings of made pictures depend on.
static siam_status identify(const siam_model *model, char note[SIAM_NPY_NOTE_SIZE]) {
  siam_status status = SIAM_OK;
  const siam_store *store = &model->network->store;
  float *values = NULL;
  siam_hash hash;
  siam_hash_begin(&hash, 0);
  siam_hash_add(&hash, model->encoder, strlen(model->encoder));
  siam_hash_add(&hash, model->preprocessing.mean, sizeof model->preprocessing.mean);
  siam_hash_add(&hash, model->preprocessing.deviation, sizeof model->preprocessing.deviation);
  for (size_t p = 0; p < store->count; p++) {
    const siam_parameter *parameter = &store->parameters[p];
    SIAM_TRY_ALLOCATE(values, parameter->count);
    SIAM_TRY(siam_buffer_read(store->device, store->weights, parameter->offset, parameter->count, values));
    siam_hash_add(&hash, values, parameter->count * sizeof *values);
    siam_free(values);
    values = NULL;
  }
  snprintf(note, SIAM_NPY_NOTE_SIZE, "model %016" PRIx64, siam_hash_end(&hash));
cleanup:
  siam_free(values);
  return status;
}

static siam_status write_base(siam_self_test_trial *t, const char *note) {
  siam_npy_writer *writer = NULL;
  SIAM_RETURN_IF_FAILED(siam_file_check_place(t->test->options.basefile));
  SIAM_RETURN_IF_FAILED(
      siam_npy_begin(t->test->options.basefile, t->found->pictures, t->dimensions, note, &writer));
  const siam_status status = siam_npy_add(writer, t->batch, t->found->pictures);
  if (status != SIAM_OK) {
    siam_npy_abandon(writer);
    return status;
  }
  SIAM_RETURN_IF_FAILED(siam_npy_commit(writer));
  t->found->base = SIAM_BASE_WRITTEN;
  return SIAM_OK;
}

/// Whether half of the pictures lie farther from where float64 has them than pictures lie from each other.
static bool is_far_off(const siam_self_test_trial *t) {
  double *off = siam_trial_distances(t, t->base, t->exact), *apart = siam_trial_pairs(t, t->exact);
  const bool far = off[t->found->pictures / 2] > fmax(SIAM_FLIP_MARGIN, apart[t->found->pairs / 2] / 2);
  free(off);
  free(apart);
  return far;
}

/// A file by NumPy itself has no note: then the embeddings must tell.
static siam_status check_model(const siam_self_test_trial *t, const char *theirs, const char *ours) {
  const char *path = t->test->options.basefile;
  if (theirs[0] != '\0' && strcmp(theirs, ours) != 0)
    return siam_fail(SIAM_ERROR_FORMAT,
                     "%s: it has embeddings of another model (%s; this one is %s); give the file that "
                     "--basefile wrote for this model, or the name of a new one",
                     path, theirs, ours);
  if (theirs[0] == '\0' && is_far_off(t))
    return siam_fail(
        SIAM_ERROR_FORMAT,
        "%s: its embeddings are as far from this model's as those of other pictures: they are of "
        "another model, or were computed wrong; give the file that --basefile wrote for this model",
        path);
  return SIAM_OK;
}

static siam_status compare(siam_self_test_trial *t, const char *note, siam_product_result *result) {
  siam_status status = SIAM_OK;
  const char *path = t->test->options.basefile;
  const size_t pictures = t->found->pictures, numbers = pictures * t->dimensions;
  char theirs[SIAM_NPY_NOTE_SIZE];
  uint8_t *bytes = NULL;
  size_t count = 0;
  status = siam_file_read(path, numbers * sizeof(float) + SIAM_NPY_LARGEST_HEADER, &bytes, &count);
  if (status == SIAM_OK)
    status = siam_npy_parse(path, bytes, count, pictures, t->dimensions, t->base, theirs);
  if (status == SIAM_ERROR_FORMAT)
    siam_fail(status, "%s; embeddings are those of %zu pictures by this model, as --basefile writes them",
              siam_last_error(), pictures);
  SIAM_TRY(status);
  SIAM_TRY(check_model(t, theirs, note));
  double *distances = siam_trial_distances(t, t->batch, t->base);
  t->found->base_quantile = distances[pictures - 1];
  free(distances);
  t->found->base_flips = siam_trial_count_flips(t, t->base, t->batch, 0);
  t->found->base = SIAM_BASE_COMPARED;
  const size_t far = siam_trial_count_flips(t, t->base, t->batch, SIAM_FLIP_MARGIN);
  if (far > 0 && result->failure[0] == '\0')
    snprintf(result->failure, sizeof result->failure,
             "%zu verdicts differ from those of the base file though their distance is more than %g from the "
             "threshold",
             far, SIAM_FLIP_MARGIN);
cleanup:
  siam_free(bytes);
  return status;
}

siam_status siam_trial_take_base(siam_self_test_trial *t, siam_product_result *result) {
  char note[SIAM_NPY_NOTE_SIZE];
  struct stat information;
  SIAM_RETURN_IF_FAILED(identify(t->model, note));
  // What is there and cannot be read is somebody's all the same: only a free name is written to.
  if (lstat(t->test->options.basefile, &information) == 0 || errno != ENOENT) return compare(t, note, result);
  if (result->failure[0] == '\0') return write_base(t, note);
  t->found->base = SIAM_BASE_WITHHELD;
  return SIAM_OK;
}
