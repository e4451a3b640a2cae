/// The pointing game (Zhang et al. 2018) for explanations, on pairs whose answer is known: of two pictures of
/// one class, one gets a foreign mark, and the place that speaks most against the pair should be on it.
///
///   pointing_game MODEL DATA PAIRS
///
/// The mark is a square of the patch's side, in the shade farthest from the picture's middle one, at a place
/// drawn from the pair's number. Pairs whose distance the mark does not raise have no such answer; they are
/// counted apart. Chance is the mark's share of the picture.
#include "base/memory.h"
#include "base/random.h"
#include "data/resample.h"
#include "pipeline/occlusion.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct pointing_game {
  siam_model *model;
  siam_picture_shape shape;
  siam_embedder *embedder;
  siam_dataset *dataset;
  uint8_t *bytes;    ///< [2, H, W, C]
  float *embeddings; ///< [2, D]
  double *heat;      ///< [H, W]
  uint32_t side;     ///< Of the mark.
  uint32_t pairs, raised, hits;
} pointing_game;

static void mark(pointing_game *game, uint32_t top, uint32_t left) {
  uint64_t sum = 0;
  size_t size = siam_picture_shape_bytes(&game->shape), channels = game->shape.channels;
  for (size_t i = 0; i < size; i++) sum += game->bytes[i];
  uint8_t shade = 2 * sum > 255 * size ? 0 : 255;
  for (uint32_t y = top; y < top + game->side; y++)
    memset(game->bytes + ((size_t)y * game->shape.width + left) * channels, shade, game->side * channels);
}

static siam_status play(pointing_game *game, const siam_pair *pair, uint32_t number) {
  size_t size = siam_picture_shape_bytes(&game->shape), best = 0;
  size_t dimensions = (size_t)siam_model_get_info(game->model).embedding;
  const uint32_t images[2] = {pair->a, pair->b};
  for (int i = 0; i < 2; i++) {
    const char *path = siam_dataset_get_image_path(game->dataset, images[i]);
    SIAM_RETURN_IF_FAILED(siam_picture_load_resized(path, NULL, &game->shape, game->bytes + i * size));
    SIAM_RETURN_IF_FAILED(
        siam_embedder_run(game->embedder, game->bytes + i * size, 1, game->embeddings + i * dimensions));
  }
  const float *other = game->embeddings + dimensions;
  double before = siam_distance(game->embeddings, other, dimensions);
  siam_draw word = siam_random(1, SIAM_STREAM_EVALUATE, 2, number);
  uint32_t top = siam_below(word.word[0], game->shape.height - game->side + 1);
  uint32_t left = siam_below(word.word[1], game->shape.width - game->side + 1);
  mark(game, top, left);
  SIAM_RETURN_IF_FAILED(siam_embedder_run(game->embedder, game->bytes, 1, game->embeddings));
  game->pairs++;
  if (siam_distance(game->embeddings, other, dimensions) <= before) return SIAM_OK;
  game->raised++;
  SIAM_RETURN_IF_FAILED(siam_occlusion_map(game->model, game->bytes, other, game->heat));
  for (size_t i = 0; i < (size_t)game->shape.height * game->shape.width; i++)
    if (game->heat[i] < game->heat[best]) best = i;
  size_t y = best / game->shape.width, x = best % game->shape.width;
  game->hits += y >= top && y < top + game->side && x >= left && x < left + game->side;
  return SIAM_OK;
}

static siam_status run(pointing_game *game, const char *data, uint32_t count) {
  siam_status status = SIAM_OK;
  siam_pair *pairs = NULL;
  uint32_t drawn = 0;
  game->shape = siam_model_picture_shape(game->model);
  game->side = siam_occlusion_patch(game->shape.width);
  SIAM_TRY_ALLOCATE(game->bytes, 2 * siam_picture_shape_bytes(&game->shape));
  SIAM_TRY_ALLOCATE(game->embeddings, 2 * (size_t)siam_model_get_info(game->model).embedding);
  SIAM_TRY_ALLOCATE(game->heat, (size_t)game->shape.height * game->shape.width);
  SIAM_TRY(siam_embedder_create(game->model, 1, &game->embedder));
  SIAM_TRY(siam_dataset_open(data, NULL, &game->dataset));
  SIAM_TRY(siam_dataset_draw_pairs(game->dataset, &(siam_pairs_options){.count = 2 * count, .seed = 1},
                                   &pairs, &drawn));
  for (uint32_t p = 0; p < drawn; p++)
    if (pairs[p].same) SIAM_TRY(play(game, &pairs[p], p));
cleanup:
  siam_pairs_free(pairs);
  siam_embedder_destroy(game->embedder);
  siam_dataset_destroy(game->dataset);
  siam_free(game->bytes);
  siam_free(game->embeddings);
  siam_free(game->heat);
  return status;
}

int main(int argc, char **argv) {
  pointing_game game = {0};
  siam_device *device = NULL;
  if (argc != 4) {
    fprintf(stderr, "usage: pointing_game MODEL DATA PAIRS\n");
    return 2;
  }
  siam_status status = siam_device_create(NULL, &device);
  if (status == SIAM_OK) status = siam_model_load(device, argv[1], &game.model);
  if (status == SIAM_OK) status = run(&game, argv[2], (uint32_t)strtoul(argv[3], NULL, 10));
  if (status != SIAM_OK) fprintf(stderr, "pointing_game: %s\n", siam_last_error());
  if (status == SIAM_OK)
    printf("%u pairs, %u whose distance the mark raises; of those %.1f %% point at it, by chance %.1f %%\n",
           game.pairs, game.raised, 100.0 * game.hits / (game.raised > 0 ? game.raised : 1),
           100.0 * game.side * game.side / game.shape.width / game.shape.height);
  siam_model_destroy(game.model);
  siam_device_destroy(device);
  return status == SIAM_OK ? 0 : 2;
}
