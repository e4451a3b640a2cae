// Where a run's first weights come from: the seed, or another model.
#include "base/hash.h"
#include "base/memory.h"
#include "model/inherit.h"
#include "pipeline/training.h"

#include <inttypes.h>

/// Says what was taken over, and what was not.
static siam_status tell(siam_training *run, const siam_inheritance *inheritance) {
  const siam_logger *logger = &run->options->logger;
  const char *path = run->options->init;
  if (inheritance->taken == 0)
    return siam_fail(SIAM_ERROR_ARGUMENT,
                     "%s: none of its parameters fits the network: %s%s; give the encoder that it was made "
                     "with, or leave --encoder out",
                     path, inheritance->unlike.length > 0 ? inheritance->unlike.bytes : "no name is the same",
                     inheritance->unlike.length > 0 ? " have other shapes" : "");
  if (inheritance->unlike.length > 0)
    siam_log(logger, SIAM_LOG_WARNING, "%s: of another shape, so these begin anew: %s", path,
             inheritance->unlike.bytes);
  siam_log(logger, SIAM_LOG_INFO, "%s: %zu of %zu parameters taken over%s%s%s%s", path, inheritance->taken,
           inheritance->parameters, inheritance->absent.length > 0 ? "; not in it: " : "",
           inheritance->absent.length > 0 ? inheritance->absent.bytes : "",
           inheritance->unused.length > 0 ? "; not used of it: " : "",
           inheritance->unused.length > 0 ? inheritance->unused.bytes : "");
  run->report->init_taken = (uint32_t)inheritance->taken;
  run->report->init_parameters = (uint32_t)inheritance->parameters;
  return SIAM_OK;
}

/// The line of the settings: a resumed run must have begun from the same weights.
static siam_status describe(siam_training *run, const siam_inheritance *inheritance) {
  siam_status status = SIAM_OK;
  const siam_store *store = &run->model->network->store;
  float *weights = NULL;
  SIAM_TRY_ALLOCATE(weights, store->total);
  SIAM_TRY(siam_buffer_read(run->device, store->weights, 0, store->total, weights));
  siam_text_add(&run->init, "init %s, %zu of %zu parameters, first weights xxh64:%016" PRIx64 "\n",
                run->options->init, inheritance->taken, inheritance->parameters,
                siam_hash_bytes(weights, store->total * sizeof *weights));
  status = siam_text_status(&run->init);
cleanup:
  siam_free(weights);
  return status;
}

/// Takes the weights over, and the normalisation of pictures that they were trained with.
static siam_status inherit(siam_training *run, const siam_model *source) {
  siam_inheritance inheritance = {0};
  siam_status status = siam_network_inherit(run->model->network, source->network, &inheritance);
  if (status == SIAM_OK) status = tell(run, &inheritance);
  if (status == SIAM_OK) status = describe(run, &inheritance);
  siam_inheritance_clear(&inheritance);
  if (status != SIAM_OK) return status;
  siam_preprocessing *ours = &run->model->preprocessing;
  const siam_preprocessing *theirs = &source->preprocessing;
  run->normalised = run->model->network->input.channels == source->network->input.channels;
  for (int c = 0; run->normalised && c < 3; c++) {
    ours->mean[c] = theirs->mean[c];
    ours->deviation[c] = theirs->deviation[c];
  }
  return SIAM_OK;
}

siam_status siam_training_make_model(siam_training *run) {
  siam_model_options options = run->options->model;
  options.seed = run->options->seed;
  if (run->options->init == NULL) return siam_model_create(run->device, &options, &run->model);
  siam_model *source = NULL;
  SIAM_RETURN_IF_FAILED(siam_model_load(run->device, run->options->init, &source));
  siam_status status = siam_model_create_like(run->device, &options, source, &run->model);
  if (status == SIAM_OK) status = inherit(run, source);
  siam_model_destroy(source);
  return status;
}
