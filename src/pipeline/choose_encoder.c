// --encoder auto: an encoder, a size and colour or none, from the number of pictures and a look at some of
// them.
#include "data/picture.h"
#include "pipeline/recipe.h"

#include <stdio.h>
#include <stdlib.h>

enum {
  SAMPLE = 64,       ///< Pictures to look at.
  STRONG_COLOUR = 24 ///< How far the channels of a coloured pixel lie apart.
};

/// Rows by size of the pictures and amount of data, the first that fits; docs/training.md has the
/// measurements.
static const struct {
  uint32_t most_side, least_pictures;
  const char *encoder;
  int size;
} rows[] = {
    {40, 0, "conv4", 28},
    {UINT32_MAX, 0, "conv4", 48},
};

/// Whether at least one pixel in a hundred has a colour.
static bool has_colour(const siam_picture *picture) {
  const size_t pixels = (size_t)picture->width * picture->height;
  size_t coloured = 0;
  for (size_t i = 0; picture->channels == 3 && i < pixels; i++) {
    const uint8_t *p = picture->pixels + 3 * i;
    const int apart = abs(p[0] - p[1]) > abs(p[1] - p[2]) ? abs(p[0] - p[1]) : abs(p[1] - p[2]);
    coloured += apart > STRONG_COLOUR;
  }
  return 100 * coloured > pixels;
}

static int compare_sides(const void *a, const void *b) {
  const uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
  return (left > right) - (left < right);
}

siam_status siam_sample_pictures(const siam_dataset *dataset, siam_picture_sample *sample) {
  uint32_t sides[SAMPLE];
  *sample = (siam_picture_sample){.pictures = siam_dataset_count_images(dataset)};
  const uint32_t count = sample->pictures < SAMPLE ? sample->pictures : SAMPLE;
  for (uint32_t i = 0; i < count; i++) {
    siam_picture picture = {0};
    const uint32_t image = (uint32_t)((uint64_t)i * sample->pictures / count);
    siam_status status = siam_picture_load(siam_dataset_get_image_path(dataset, image), NULL, &picture);
    // What is wrong with a picture is told where all of them are read.
    if (status == SIAM_ERROR_MEMORY) return status;
    if (status != SIAM_OK) continue;
    sides[sample->looked_at++] = picture.width > picture.height ? picture.width : picture.height;
    sample->coloured += has_colour(&picture);
    siam_picture_clear(&picture);
  }
  qsort(sides, sample->looked_at, sizeof *sides, compare_sides);
  sample->side = sample->looked_at > 0 ? sides[sample->looked_at / 2] : 0;
  return SIAM_OK;
}

void siam_choose_encoder(const siam_picture_sample *sample, siam_model_options *model, char *why,
                         size_t size) {
  size_t row = 0;
  while (sample->side > rows[row].most_side || sample->pictures < rows[row].least_pictures) row++;
  const bool colour = 10 * sample->coloured >= sample->looked_at && sample->coloured > 0;
  model->encoder = rows[row].encoder;
  if (model->size == 0) model->size = rows[row].size;
  if (model->channels == 0) model->channels = colour ? 3 : 1;
  snprintf(why, size,
           "encoder auto: %s at %d × %d, %s, because half of the %u pictures have sides up to %u and %u of "
           "%u looked at have colours",
           model->encoder, model->size, model->size, model->channels == 3 ? "colour" : "grey",
           sample->pictures, sample->side, sample->coloured, sample->looked_at);
}
