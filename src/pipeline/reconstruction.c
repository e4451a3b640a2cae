#include "pipeline/reconstruction.h"

#include "base/memory.h"
#include "pipeline/embedder.h"

enum { MOST_PICTURES = 10000, BATCH = 64 };

/// One measuring, over pictures of `pixels` numbers.
typedef struct measuring {
  siam_model *autoencoder;
  siam_embedder *embedder;
  siam_telling *telling;
  size_t pixels;
  uint8_t *bytes; ///< [BATCH, pixels]
  float *outputs; ///< [BATCH, pixels], normalised as the inputs are.
  double *mean;   ///< The mean picture of training, of values from 0 to 1.
  double squares, mean_squares;
} measuring;

/// What is done with a batch of `count` pictures.
typedef siam_status (*batch_visitor)(measuring *m, uint32_t count);

static siam_status visit_pictures(measuring *m, siam_images *images, batch_visitor visit, uint32_t *seen) {
  uint32_t all = siam_images_count(images), numbers[BATCH];
  const uint32_t count = all < MOST_PICTURES ? all : MOST_PICTURES, most = siam_embedder_batch(m->embedder);
  for (uint32_t done = 0; done < count;) {
    uint32_t batch = count - done < most ? count - done : most;
    for (uint32_t i = 0; i < batch; i++) numbers[i] = (uint32_t)((uint64_t)(done + i) * all / count);
    SIAM_RETURN_IF_FAILED(siam_images_read(images, numbers, batch, m->bytes));
    SIAM_RETURN_IF_FAILED(visit(m, batch));
    done += batch;
    if (!siam_tell(m->telling, done, count))
      return siam_fail(SIAM_INTERRUPTED, "stopped after %u of %u pictures", done, count);
  }
  *seen = count;
  return SIAM_OK;
}

static siam_status add_to_mean(measuring *m, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    for (size_t p = 0; p < m->pixels; p++) m->mean[p] += m->bytes[i * m->pixels + p] / 255.0;
  return SIAM_OK;
}

static siam_status add_errors(measuring *m, uint32_t count) {
  const siam_preprocessing *preprocessing = &m->autoencoder->preprocessing;
  size_t channels = (size_t)m->autoencoder->network->input.channels;
  SIAM_RETURN_IF_FAILED(siam_embedder_run(m->embedder, m->bytes, count, m->outputs));
  for (size_t i = 0; i < count * m->pixels; i++) {
    size_t channel = i % channels;
    double value = m->bytes[i] / 255.0;
    double found = preprocessing->mean[channel] + preprocessing->deviation[channel] * (double)m->outputs[i];
    double plain = m->mean[i % m->pixels] - value;
    m->squares += (found - value) * (found - value);
    m->mean_squares += plain * plain;
  }
  return SIAM_OK;
}

siam_status siam_reconstruction_measure(siam_model *autoencoder, siam_images *training, siam_images *images,
                                        siam_telling *telling, siam_reconstruction *result) {
  siam_status status = SIAM_OK;
  uint32_t count = 0;
  measuring m = {.autoencoder = autoencoder,
                 .telling = telling,
                 .pixels = siam_picture_shape_bytes(siam_images_get_shape(images))};
  SIAM_TRY_ALLOCATE(m.bytes, BATCH * m.pixels);
  SIAM_TRY_ALLOCATE(m.outputs, BATCH * m.pixels);
  SIAM_TRY_ALLOCATE(m.mean, m.pixels);
  SIAM_TRY(siam_embedder_create_fitting(autoencoder, BATCH, &m.embedder));
  SIAM_TRY(visit_pictures(&m, training, add_to_mean, &count));
  for (size_t p = 0; p < m.pixels; p++) m.mean[p] /= count;
  SIAM_TRY(visit_pictures(&m, images, add_errors, &count));
  double numbers = (double)count * (double)m.pixels;
  *result = (siam_reconstruction){.error = m.squares / numbers, .mean_picture = m.mean_squares / numbers};
cleanup:
  siam_embedder_destroy(m.embedder);
  siam_free(m.bytes);
  siam_free(m.outputs);
  siam_free(m.mean);
  return status;
}
