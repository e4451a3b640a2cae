/// The pointing game (Zhang et al. 2018) for explanations, on pairs whose answer is known.
///
///   pointing_game GAME MODEL DATA PAIRS      GAME: copies or classes; MODEL: a file, or "default"
///
/// against: a foreign mark is put on one of two pictures that are the same, and the place that speaks most
///   against them should be on it. The two are a picture and a copy of it, by turns each view of
///   `--views copies` that a whole is compared with (`copies`), or two of one class (`classes`). The mark is
///   a square of a fifth of the side, in the shade farthest from the picture's mean, at a drawn place.
/// for: a part of a third picture is put on the same place of two different ones, and the place that speaks
///   most for them should be on it, in either. The part is a square of two fifths of the side.
///
/// Pairs that the mark does not take apart, or the part bring together, have no such answer: they are counted
/// apart. Chance is the share of the picture that is covered. Pictures are stretched to 256 × 256 and go
/// through files and siam_explain() as anybody's do.
#include "base/memory.h"
#include "base/random.h"
#include "data/resample.h"
#include "pictures.h"
#include "pipeline/views.h"
#include "scratch.h"

#include <siamese/compare.h>
#include <siamese/embed.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 256, CHANNELS = 3, BYTES = SIDE * SIDE * CHANNELS, MARK = SIDE / 5, PART = SIDE * 2 / 5 };

static const siam_picture_shape shape = {
    .height = SIDE, .width = SIDE, .channels = CHANNELS, .mode = SIAM_RESIZE_STRETCH};

/// What came of one of the two games.
typedef struct score {
  uint32_t pairs, counted, hits; ///< Played; with an answer; places that are right.
} score;

typedef struct pointing_game {
  bool copies;
  siam_dataset *dataset;
  siam_comparer *comparer;
  const siam_views *views;
  char *folder, *names[2], *drawing;
  uint8_t *pictures[2], *third; ///< [H, W, C]
  uint8_t *looks;               ///< [views, H, W, C]
  score against, in_favour;
} pointing_game;

/// A square of a picture.
typedef struct square {
  uint32_t x, y, side;
} square;

static square draw_square(uint32_t side, uint32_t number) {
  siam_draw word = siam_random(1, SIAM_STREAM_EVALUATE, 2, number);
  return (square){siam_below(word.word[1], SIDE - side + 1), siam_below(word.word[0], SIDE - side + 1), side};
}

static bool is_in(square place, const siam_telling_place *point) {
  return point->x >= place.x && point->x < place.x + place.side && point->y >= place.y &&
         point->y < place.y + place.side;
}

static void mark(uint8_t *picture, square place) {
  uint64_t sum = 0;
  for (size_t i = 0; i < BYTES; i++) sum += picture[i];
  for (uint32_t y = place.y; y < place.y + place.side; y++)
    memset(picture + ((size_t)y * SIDE + place.x) * CHANNELS, 2 * sum > 255 * (uint64_t)BYTES ? 0 : 255,
           (size_t)place.side * CHANNELS);
}

static void paste(const uint8_t *from, uint8_t *picture, square place) {
  for (uint32_t y = place.y; y < place.y + place.side; y++) {
    size_t at = ((size_t)y * SIDE + place.x) * CHANNELS;
    memcpy(picture + at, from + at, (size_t)place.side * CHANNELS);
  }
}

static siam_status load(const pointing_game *game, uint32_t image, uint8_t *picture) {
  return siam_picture_load_resized(siam_dataset_get_image_path(game->dataset, image), NULL, &shape, picture);
}

static siam_status compare(const pointing_game *game, siam_comparison *comparison) {
  for (int i = 0; i < 2; i++) siam_test_write_pnm(game->names[i], SIDE, SIDE, CHANNELS, game->pictures[i]);
  return siam_compare(game->comparer, game->names[0], game->names[1], comparison);
}

static bool is_blank(const siam_comparison *comparison) {
  return comparison->blank[0] || comparison->blank[1];
}

/// Compares what was changed, and where the distance went the right way (`sign` 1: up), explains it.
static siam_status explain(const pointing_game *game, const siam_comparison *before, double sign,
                           siam_explanation *explanation, bool *counts) {
  siam_comparison after;
  SIAM_RETURN_IF_FAILED(compare(game, &after));
  *counts = !is_blank(&after) && sign * (after.distance - before->distance) > 0;
  return *counts ? siam_explain(game->comparer, game->names[0], game->names[1], game->drawing, explanation)
                 : SIAM_OK;
}

/// Of the views that show what a whole does: a turned middle has no whole to be a copy of.
static uint32_t choose_view(const siam_views *views, uint32_t number, uint32_t *count) {
  uint32_t chosen[SIAM_MOST_VIEWS];
  *count = 0;
  for (uint32_t view = 0; view < siam_views_count(views); view++)
    if (siam_views_against(views, view) == 0) chosen[(*count)++] = view;
  return chosen[number % *count];
}

static siam_status play_against(pointing_game *game, const siam_pair *pair, uint32_t number) {
  siam_comparison before;
  siam_explanation explanation;
  bool counts;
  uint32_t count;
  const uint32_t view = choose_view(game->views, number, &count);
  const int marked = game->copies ? (int)(number / count % 2) : 0;
  const square place = draw_square(MARK, number);
  SIAM_RETURN_IF_FAILED(load(game, pair->a, game->pictures[0]));
  if (game->copies) {
    SIAM_RETURN_IF_FAILED(siam_views_make(game->views, &shape, game->pictures[0], game->looks));
    memcpy(game->pictures[1], game->looks + (size_t)view * BYTES, BYTES);
  } else {
    SIAM_RETURN_IF_FAILED(load(game, pair->b, game->pictures[1]));
  }
  SIAM_RETURN_IF_FAILED(compare(game, &before));
  if (is_blank(&before)) return SIAM_OK;
  mark(game->pictures[marked], place);
  SIAM_RETURN_IF_FAILED(explain(game, &before, 1, &explanation, &counts));
  game->against.pairs++;
  game->against.counted += counts;
  game->against.hits += counts && is_in(place, &explanation.most_against[marked]);
  return SIAM_OK;
}

static siam_status play_for(pointing_game *game, const siam_pair *pair, uint32_t third, uint32_t number) {
  siam_comparison before;
  siam_explanation explanation;
  bool counts;
  const square place = draw_square(PART, number);
  SIAM_RETURN_IF_FAILED(load(game, pair->a, game->pictures[0]));
  SIAM_RETURN_IF_FAILED(load(game, pair->b, game->pictures[1]));
  SIAM_RETURN_IF_FAILED(load(game, third, game->third));
  SIAM_RETURN_IF_FAILED(compare(game, &before));
  if (is_blank(&before)) return SIAM_OK;
  for (int i = 0; i < 2; i++) paste(game->third, game->pictures[i], place);
  SIAM_RETURN_IF_FAILED(explain(game, &before, -1, &explanation, &counts));
  game->in_favour.pairs++;
  game->in_favour.counted += counts;
  for (int i = 0; i < 2; i++) game->in_favour.hits += counts && is_in(place, &explanation.most_for[i]);
  return SIAM_OK;
}

static siam_status prepare(pointing_game *game, siam_model *model, const char *data) {
  siam_status status = SIAM_OK;
  static const char *const names[2] = {"a.ppm", "b.ppm"};
  game->folder = siam_scratch_create();
  for (int i = 0; i < 2; i++) {
    game->names[i] = strdup(siam_scratch_path(game->folder, names[i]));
    SIAM_TRY_ALLOCATE(game->pictures[i], BYTES);
  }
  game->drawing = strdup(siam_scratch_path(game->folder, "why.png"));
  SIAM_TRY(siam_views_find("copies", &game->views));
  SIAM_TRY_ALLOCATE(game->third, BYTES);
  SIAM_TRY_ALLOCATE(game->looks, (size_t)siam_views_count(game->views) * BYTES);
  SIAM_TRY(siam_comparer_create(model, NULL, &game->comparer));
  SIAM_TRY(siam_dataset_open(data, NULL, &game->dataset));
cleanup:
  return status;
}

static void clear(pointing_game *game) {
  siam_comparer_destroy(game->comparer);
  siam_dataset_destroy(game->dataset);
  for (int i = 0; i < 2; i++) {
    free(game->names[i]);
    siam_free(game->pictures[i]);
  }
  free(game->drawing);
  siam_free(game->third);
  siam_free(game->looks);
  if (game->folder != NULL) siam_scratch_remove(game->folder);
}

/// Half of what is drawn are pairs of one class, the others of two; a part comes from the pair that follows.
static siam_status run(pointing_game *game, siam_model *model, const char *data, uint32_t count) {
  siam_status status = SIAM_OK;
  siam_pair *pairs = NULL;
  uint32_t drawn = 0;
  SIAM_TRY(prepare(game, model, data));
  SIAM_TRY(siam_dataset_draw_pairs(game->dataset, &(siam_pairs_options){.count = 2 * count, .seed = 1},
                                   &pairs, &drawn));
  for (uint32_t p = 0; p < drawn; p++)
    if (pairs[p].same)
      SIAM_TRY(play_against(game, &pairs[p], game->against.pairs));
    else
      SIAM_TRY(play_for(game, &pairs[p], pairs[(p + 1) % drawn].a, game->in_favour.pairs));
cleanup:
  siam_pairs_free(pairs);
  return status;
}

static void print(const char *name, const char *change, const score *of, uint32_t places, uint32_t side) {
  uint32_t all = of->counted * places;
  printf("%-8s %u pairs, %u that %s; %u of %u places are right (%.1f %%), by chance %.1f %%\n", name,
         of->pairs, of->counted, change, of->hits, all, 100.0 * of->hits / (all > 0 ? all : 1),
         100.0 * side * side / SIDE / SIDE);
}

int main(int argc, char **argv) {
  pointing_game game = {.copies = argc == 5 && strcmp(argv[1], "copies") == 0};
  siam_device *device = NULL;
  siam_model *model = NULL;
  if (argc != 5 || !(game.copies || strcmp(argv[1], "classes") == 0)) {
    fprintf(stderr, "usage: pointing_game copies|classes MODEL|default DATA PAIRS\n");
    return 2;
  }
  siam_status status = siam_device_create(NULL, &device);
  if (status == SIAM_OK)
    status = strcmp(argv[2], "default") == 0 ? siam_model_load_default(device, &model)
                                             : siam_model_load(device, argv[2], &model);
  if (status == SIAM_OK) status = run(&game, model, argv[3], (uint32_t)strtoul(argv[4], NULL, 10));
  if (status != SIAM_OK) fprintf(stderr, "pointing_game: %s\n", siam_last_error());
  if (status == SIAM_OK) {
    print("against", "the mark takes apart", &game.against, 1, MARK);
    print("for", "the part brings together", &game.in_favour, 2, PART);
  }
  clear(&game);
  siam_model_destroy(model);
  siam_device_destroy(device);
  return status == SIAM_OK ? 0 : 2;
}
