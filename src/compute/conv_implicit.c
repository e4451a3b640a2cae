#include "compute/conv_engines.h"
#include "compute/join.h"
#include "compute/local_tile.h"
#include "compute/tile.h"

#include <stdio.h>

/// What the kernel keeps in local memory beside its tiles: four ints for each row and step of the largest.
enum { PLACES = (128 + 32) * 4 * sizeof(int) };

/// The pass as a product; see cl/conv_implicit.cl.
typedef struct product {
  int m, n, k;
  siam_view a, b, c;
} product;

static product product_of(const siam_conv *conv) {
  const siam_conv_shape *s = &conv->shape;
  const int taps = s->kernel_height * s->kernel_width;
  const int outputs = s->images * s->out_height * s->out_width, inputs = s->images * s->height * s->width;
  switch (conv->pass) {
  case SIAM_CONV_FORWARD:
    return (product){outputs, s->filters, taps * s->channels, conv->x, conv->weight, conv->y};
  case SIAM_CONV_BACKWARD_DATA:
    return (product){inputs, s->channels, taps * s->filters, conv->y, conv->weight, conv->x};
  case SIAM_CONV_BACKWARD_WEIGHT:
    break;
  }
  return (product){taps * s->channels, s->filters, outputs, conv->x, conv->y, conv->weight};
}

/// Launches the kernel: the result, or the parts of it, go to `target`.
static siam_status launch(siam_tape *tape, const siam_conv *conv, const product *of,
                          const siam_local_tile *tile, siam_local_parts by, siam_view target, float beta) {
  const siam_conv_shape *s = &conv->shape;
  char options[SIAM_LOCAL_TILE_OPTIONS_SIZE], with_pass[SIAM_LOCAL_TILE_OPTIONS_SIZE + 16];
  siam_program *program = NULL;
  siam_local_tile_options(tile, options);
  snprintf(with_pass, sizeof with_pass, "%s -DPASS=%d", options, (int)conv->pass);
  SIAM_RETURN_IF_FAILED(siam_program_get(siam_tape_device(tape), "conv_implicit", with_pass, &program));
  const bool with_bias = siam_view_exists(conv->epilogue.bias);
  const size_t group = (size_t)tile->down * (size_t)tile->across;
  const siam_grid grid = {{(size_t)siam_divide_up(of->n, tile->columns) * group,
                           (size_t)siam_divide_up(of->m, tile->rows), (size_t)by.parts}};
  return SIAM_LAUNCH_GROUPS(tape, program, "conv_implicit", group, grid, siam_arg_int(of->m),
                            siam_arg_int(of->n), siam_arg_int(of->k), siam_arg_int(s->height),
                            siam_arg_int(s->width), siam_arg_int(s->channels), siam_arg_int(s->kernel_width),
                            siam_arg_int(s->stride), siam_arg_int(s->pad_y), siam_arg_int(s->pad_x),
                            siam_arg_int(s->filters), siam_arg_int(s->out_height), siam_arg_int(s->out_width),
                            siam_arg(of->a), siam_arg(of->b), siam_arg(target), siam_arg_float(beta),
                            siam_arg_int(by.part), siam_arg(with_bias ? conv->epilogue.bias : of->b),
                            siam_arg_int(with_bias), siam_arg_float(siam_epilogue_slope(&conv->epilogue)));
}

/// The tile of the variant asked for, else the standard one.
static bool find_tile(const siam_device *device, const siam_conv *conv, const product *of,
                      siam_local_tile *tile) {
  if (conv->variant != NULL) return siam_local_tile_read(conv->variant, tile);
  return siam_local_tile_standard(device, of->m, of->n, PLACES, tile);
}

static siam_status add(siam_tape *tape, const siam_conv *conv) {
  const siam_device *device = siam_tape_device(tape);
  const product of = product_of(conv);
  siam_local_tile tile;
  if (!find_tile(device, conv, &of, &tile))
    return siam_fail(SIAM_ERROR_DEVICE, "convolution: %s has too small work-groups or local memory for it",
                     device->info.name);
  const siam_local_parts by = siam_local_tile_divide(device, &tile, of.m, of.n, of.k);
  const float beta = conv->pass == SIAM_CONV_BACKWARD_WEIGHT ? 1 : 0;
  if (by.parts == 1) return launch(tape, conv, &of, &tile, by, of.c, beta);
  const size_t matrix = (size_t)of.m * (size_t)of.n;
  const siam_view parts = siam_tape_tensor(tape, matrix * (size_t)by.parts);
  siam_conv plain = *conv;
  plain.epilogue = (siam_epilogue){0};
  SIAM_RETURN_IF_FAILED(launch(tape, &plain, &of, &tile, by, parts, 0));
  const siam_join join = {.parts = parts,
                          .count = by.parts,
                          .rows = of.m,
                          .columns = of.n,
                          .part_step = (int)matrix,
                          .parts_row = of.n,
                          .out = of.c,
                          .out_row = of.n,
                          .beta = beta,
                          .epilogue = conv->epilogue};
  return siam_join_add(tape, &join);
}

static bool can(const siam_device *device, const siam_conv *conv) {
  siam_local_tile tile;
  (void)conv;
  return siam_local_tile_standard(device, 1, 1, PLACES, &tile);
}

/// On no GPU has it been measured, so whoever wants it asks for it, or has siamese-tune find that it is
/// faster.
static bool never(const siam_device *device, const siam_conv *conv) {
  (void)device;
  (void)conv;
  return false;
}

/// The tiles that the device can hold. On CPUs, which have no local memory of their own, the standard one is
/// enough to try.
static bool variant(const siam_device *device, const siam_conv *conv, size_t index,
                    char text[SIAM_TUNING_CHOICE_SIZE]) {
  const siam_local_tile *tile = NULL;
  (void)conv;
  if (device->traits.is_cpu) return false;
  for (size_t i = 0; (tile = siam_local_tile_at(i)) != NULL; i++) {
    if (!siam_local_tile_fits(device, tile, PLACES) || index-- > 0) continue;
    siam_local_tile_write(tile, text);
    return true;
  }
  return false;
}

const siam_conv_engine siam_conv_implicit = {
    .name = "implicit", .can = can, .suits = never, .add = add, .variant = variant};
