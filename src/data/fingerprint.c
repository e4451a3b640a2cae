#include "data/fingerprint.h"

#include "base/hash.h"
#include "base/memory.h"
#include "data/parallel.h"
#include "data/picture.h"

#include <string.h>

typedef struct fingerprint_round {
  const siam_dataset *dataset;
  uint64_t *hashes; ///< [pictures], of files.
} fingerprint_round;

static siam_status hash_file(void *context, uint32_t image) {
  fingerprint_round *round = context;
  uint8_t *bytes = NULL;
  size_t count = 0;
  siam_picture_options options = {0};
  SIAM_RETURN_IF_FAILED(
      siam_picture_read_file(siam_dataset_get_image_path(round->dataset, image), &options, &bytes, &count));
  round->hashes[image] = siam_hash_bytes(bytes, count);
  siam_free(bytes);
  return SIAM_OK;
}

/// The path below the data set's, where it begins with that.
static const char *path_within(const siam_dataset *dataset, uint32_t image) {
  const char *path = siam_dataset_get_image_path(dataset, image), *root = siam_dataset_get_path(dataset);
  size_t length = strlen(root);
  if (strncmp(path, root, length) != 0) return path;
  path += length;
  return path + strspn(path, "/");
}

siam_status siam_dataset_fingerprint(const siam_dataset *dataset, uint64_t *fingerprint) {
  siam_status status = SIAM_OK;
  fingerprint_round round = {.dataset = dataset};
  uint32_t images = siam_dataset_count_images(dataset), pairs = siam_dataset_count_pairs(dataset);
  siam_hash hash;
  SIAM_TRY_ALLOCATE(round.hashes, images);
  SIAM_TRY(siam_parallel_run(&(siam_parallel){.count = images, .task = hash_file, .context = &round}));
  siam_hash_begin(&hash, 0);
  for (uint32_t i = 0; i < images; i++) {
    const char *path = path_within(dataset, i);
    siam_hash_add(&hash, path, strlen(path) + 1);
    siam_hash_add(&hash, &round.hashes[i], sizeof round.hashes[i]);
  }
  for (uint32_t p = 0; p < pairs; p++) {
    const siam_pair *pair = &siam_dataset_get_pairs(dataset)[p];
    uint32_t numbers[3] = {pair->a, pair->b, pair->same};
    siam_hash_add(&hash, numbers, sizeof numbers);
  }
  *fingerprint = siam_hash_end(&hash);
cleanup:
  siam_free(round.hashes);
  return status;
}
