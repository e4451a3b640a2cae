// Convolutions for the tuner: the engines of the table are the candidates.
#include "compute/conv_engines.h"

#include <stdio.h>

enum { PASS, IMAGES, HEIGHT, WIDTH, CHANNELS, KERNEL_HEIGHT, KERNEL_WIDTH, STRIDE, PAD_Y, PAD_X, FILTERS };

siam_conv siam_conv_of_tunable(const siam_tunable *tunable) {
  const int *s = tunable->sizes;
  siam_conv conv = {.pass = (siam_conv_pass)s[PASS],
                    .shape = {.images = s[IMAGES],
                              .height = s[HEIGHT],
                              .width = s[WIDTH],
                              .channels = s[CHANNELS],
                              .kernel_height = s[KERNEL_HEIGHT],
                              .kernel_width = s[KERNEL_WIDTH],
                              .stride = s[STRIDE],
                              .pad_y = s[PAD_Y],
                              .pad_x = s[PAD_X],
                              .filters = s[FILTERS]}};
  (void)siam_conv_shape_complete(&conv.shape); // It was complete when the tunable was made.
  return conv;
}

/// Writes way number *index of an engine, its name or one of its variants; else lessens *index by their
/// number.
static bool way_of(const siam_device *device, const siam_conv *conv, const siam_conv_engine *engine,
                   size_t *index, char choice[SIAM_TUNING_CHOICE_SIZE]) {
  char variant[SIAM_TUNING_CHOICE_SIZE];
  snprintf(choice, SIAM_TUNING_CHOICE_SIZE, "%s", engine->name);
  if ((*index)-- == 0) return true;
  for (size_t i = 0; engine->variant != NULL && engine->variant(device, conv, i, variant); i++) {
    const int length = snprintf(choice, SIAM_TUNING_CHOICE_SIZE, "%s %s", engine->name, variant);
    if ((*index)-- == 0) return length < SIAM_TUNING_CHOICE_SIZE;
  }
  return false;
}

static bool candidate(const siam_device *device, const siam_tunable *tunable, size_t index,
                      char choice[SIAM_TUNING_CHOICE_SIZE]) {
  const siam_conv conv = siam_conv_of_tunable(tunable);
  const siam_conv_engine *standard = siam_conv_engine_standard(device, &conv), *engine = NULL;
  if (standard == NULL) return false;
  if (way_of(device, &conv, standard, &index, choice)) return true;
  // The others follow in the order of the table.
  for (size_t i = 0; (engine = siam_conv_engine_at(i)) != NULL; i++)
    if (engine != standard && engine->can(device, &conv) && way_of(device, &conv, engine, &index, choice))
      return true;
  return false;
}

static siam_status add(siam_tape *tape, const siam_tunable *tunable, const char *choice, siam_view a,
                       siam_view b, siam_view out) {
  siam_conv conv = siam_conv_of_tunable(tunable);
  siam_view *const first = conv.pass == SIAM_CONV_BACKWARD_DATA ? &conv.y : &conv.x;
  siam_view *const second = conv.pass == SIAM_CONV_BACKWARD_WEIGHT ? &conv.y : &conv.weight;
  siam_view *const result = conv.pass == SIAM_CONV_FORWARD         ? &conv.y
                            : conv.pass == SIAM_CONV_BACKWARD_DATA ? &conv.x
                                                                   : &conv.weight;
  *first = a;
  *second = b;
  *result = out;
  const siam_conv_engine *engine = siam_conv_read_choice(siam_tape_device(tape), &conv, choice);
  if (engine != NULL) return engine->add(tape, &conv);
  return siam_fail(SIAM_ERROR_ARGUMENT, "%s: '%s' cannot do it", tunable->name, choice);
}

/// Place of a pixel's first channel in [images, height, width, channels]; negative outside the image.
static long pixel(const siam_conv_shape *s, int image, int y, int x) {
  if (y < 0 || y >= s->height || x < 0 || x >= s->width) return -1;
  return (((long)image * s->height + y) * s->width + x) * s->channels;
}

static double expect_forward(const siam_conv_shape *s, const float *x, const float *weight, size_t index) {
  const int filter = (int)(index % (size_t)s->filters);
  const size_t at = index / (size_t)s->filters;
  const int ox = (int)(at % (size_t)s->out_width);
  const int oy = (int)(at / (size_t)s->out_width % (size_t)s->out_height);
  const int image = (int)(at / (size_t)s->out_width / (size_t)s->out_height);
  double sum = 0;
  for (int ky = 0; ky < s->kernel_height; ky++)
    for (int kx = 0; kx < s->kernel_width; kx++) {
      const long from = pixel(s, image, oy * s->stride + ky - s->pad_y, ox * s->stride + kx - s->pad_x);
      const long tap = ((long)ky * s->kernel_width + kx) * s->channels;
      for (int c = 0; from >= 0 && c < s->channels; c++)
        sum += (double)x[from + c] * (double)weight[(tap + c) * s->filters + filter];
    }
  return sum;
}

static double expect_data(const siam_conv_shape *s, const float *dy, const float *weight, size_t index) {
  const int channel = (int)(index % (size_t)s->channels);
  const size_t at = index / (size_t)s->channels;
  const int x = (int)(at % (size_t)s->width), y = (int)(at / (size_t)s->width % (size_t)s->height);
  const long image = (long)(at / (size_t)s->width / (size_t)s->height);
  double sum = 0;
  for (int ky = 0; ky < s->kernel_height; ky++)
    for (int kx = 0; kx < s->kernel_width; kx++) {
      const int oy = y + s->pad_y - ky, ox = x + s->pad_x - kx;
      if (oy < 0 || ox < 0 || oy % s->stride != 0 || ox % s->stride != 0) continue;
      if (oy / s->stride >= s->out_height || ox / s->stride >= s->out_width) continue;
      const float *from =
          dy + ((image * s->out_height + oy / s->stride) * s->out_width + ox / s->stride) * s->filters;
      const float *tap = weight + (((long)ky * s->kernel_width + kx) * s->channels + channel) * s->filters;
      for (int f = 0; f < s->filters; f++) sum += (double)from[f] * (double)tap[f];
    }
  return sum;
}

static double expect_weight(const siam_conv_shape *s, const float *x, const float *dy, size_t index) {
  const int filter = (int)(index % (size_t)s->filters);
  const size_t at = index / (size_t)s->filters;
  const int channel = (int)(at % (size_t)s->channels), tap = (int)(at / (size_t)s->channels);
  const int ky = tap / s->kernel_width, kx = tap % s->kernel_width;
  double sum = 0;
  for (int image = 0; image < s->images; image++)
    for (int oy = 0; oy < s->out_height; oy++)
      for (int ox = 0; ox < s->out_width; ox++) {
        const long from = pixel(s, image, oy * s->stride + ky - s->pad_y, ox * s->stride + kx - s->pad_x);
        const long to = (((long)image * s->out_height + oy) * s->out_width + ox) * s->filters + filter;
        if (from >= 0) sum += (double)x[from + channel] * (double)dy[to];
      }
  return sum;
}

static double expect(const siam_tunable *tunable, const float *a, const float *b, float before,
                     size_t index) {
  const siam_conv conv = siam_conv_of_tunable(tunable);
  switch (conv.pass) {
  case SIAM_CONV_FORWARD:
    return expect_forward(&conv.shape, a, b, index);
  case SIAM_CONV_BACKWARD_DATA:
    return expect_data(&conv.shape, a, b, index);
  case SIAM_CONV_BACKWARD_WEIGHT:
    break;
  }
  return (double)before + expect_weight(&conv.shape, a, b, index);
}

void siam_conv_tunable(const siam_conv *conv, siam_tunable *tunable) {
  static const siam_tunable_type type = {.candidate = candidate, .add = add, .expect = expect};
  static const char *const passes[] = {"forward", "data", "weight"};
  const siam_conv_shape *s = &conv->shape;
  const size_t x = siam_conv_input_count(s), y = siam_conv_output_count(s), w = siam_conv_weight_count(s);
  const bool forward = conv->pass == SIAM_CONV_FORWARD, weight = conv->pass == SIAM_CONV_BACKWARD_WEIGHT;
  const double taps = (double)s->kernel_height * s->kernel_width;
  *tunable =
      (siam_tunable){.type = &type,
                     .sizes = {(int)conv->pass, s->images, s->height, s->width, s->channels, s->kernel_height,
                               s->kernel_width, s->stride, s->pad_y, s->pad_x, s->filters},
                     .a_count = forward || weight ? x : y,
                     .b_count = weight ? y : w,
                     .out_count = forward  ? y
                                  : weight ? w
                                           : x,
                     .terms = forward  ? taps * s->channels
                              : weight ? (double)s->images * s->out_height * s->out_width
                                       : taps * s->filters,
                     .adds = weight};
  snprintf(tunable->name, sizeof tunable->name, "conv %s %dx%dx%dx%d %dx%dx%d stride %d pad %dx%d",
           passes[conv->pass], s->images, s->height, s->width, s->channels, s->kernel_height, s->kernel_width,
           s->filters, s->stride, s->pad_y, s->pad_x);
}
