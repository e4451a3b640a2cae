// --encoder auto: an encoder, a size and colour or none, from the number of pictures and a look at some of
// them.
#include "data/picture.h"
#include "pipeline/recipe.h"

#include <stdlib.h>

enum {
  SAMPLE = 64,       ///< Pictures to look at.
  STRONG_COLOUR = 24 ///< How far the channels of a coloured pixel lie apart.
};

/// Rows by amount of data and size of the pictures, the first that fits; docs/training.md has the
/// measurements.
static const struct {
  uint32_t least_pictures, least_side;
  const char *encoder;
  int size;
} rows[] = {
    {1000, 41, "conv4", 48},
    {0, 0, "conv4", 28},
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

siam_status siam_sample_pictures(const siam_dataset *dataset, siam_decoders *decoders,
                                 siam_picture_sample *sample) {
  const siam_picture_options decode = {.decoders = decoders};
  uint32_t sides[SAMPLE];
  *sample = (siam_picture_sample){.pictures = siam_dataset_count_images(dataset)};
  const uint32_t count = sample->pictures < SAMPLE ? sample->pictures : SAMPLE;
  for (uint32_t i = 0; i < count; i++) {
    siam_picture picture = {0};
    const uint32_t image = (uint32_t)((uint64_t)i * sample->pictures / count);
    siam_status status = siam_picture_load(siam_dataset_get_image_path(dataset, image), &decode, &picture);
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

static bool suits(const siam_picture_sample *sample, size_t row) {
  return sample->pictures >= rows[row].least_pictures && sample->side >= rows[row].least_side;
}

/// The limit that decided: the one that the row before missed, or those that the first row meets.
static void tell_size(const siam_picture_sample *sample, size_t row, siam_text *why) {
  const size_t wanted = row > 0 ? row - 1 : 0;
  const int size = rows[wanted].size;
  const uint32_t least = rows[wanted].least_pictures, side = rows[wanted].least_side;
  if (row == 0)
    siam_text_add(
        why, "since there are %u pictures and half of them have sides of %u or more: it takes %u, and %u",
        sample->pictures, sample->side, least, side);
  else if (sample->pictures < least)
    siam_text_add(why, "since %u pictures are fewer than the %u that %d × %d takes", sample->pictures, least,
                  size, size);
  else
    siam_text_add(why, "since more than half of the pictures have sides up to %u, and %d × %d takes %u",
                  sample->side, size, size, side);
}

void siam_choose_encoder(const siam_picture_sample *sample, siam_model_options *model, siam_text *why) {
  size_t row = 0;
  while (!suits(sample, row)) row++;
  const bool colour = 10 * sample->coloured >= sample->looked_at && sample->coloured > 0;
  const bool given_size = model->size != 0, given_channels = model->channels != 0;
  model->encoder = rows[row].encoder;
  if (!given_size) model->size = rows[row].size;
  if (!given_channels) model->channels = colour ? 3 : 1;
  siam_text_add(why, "encoder auto: %s at %d × %d, ", model->encoder, model->size, model->size);
  if (given_size)
    siam_text_add(why, "as given");
  else
    tell_size(sample, row, why);
  siam_text_add(why, "; in %s, ", model->channels == 3 ? "colour" : "grey");
  if (given_channels)
    siam_text_add(why, "as given");
  else
    siam_text_add(why, "since %u of %u looked at have colours, %s than a tenth", sample->coloured,
                  sample->looked_at, colour ? "no fewer" : "fewer");
}
