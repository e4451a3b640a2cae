#include "compute/conv_engines.h"

#include "compute/choice.h"
#include "compute/join.h"
#include "compute/reduce.h"
#include "compute/tile.h"

#include <limits.h>
#include <string.h>

/// In order of preference; the last can do everything.
enum { ENGINES = 6 };
static const siam_conv_engine *const engines[ENGINES] = {&siam_conv_winograd4, &siam_conv_winograd3,
                                                         &siam_conv_winograd2, &siam_conv_direct,
                                                         &siam_conv_implicit,  &siam_conv_im2col};

static siam_status fail_shape(const siam_conv_shape *s, const char *reason) {
  return siam_fail(
      SIAM_ERROR_ARGUMENT,
      "convolution of %d images %d × %d × %d with %d filters %d × %d, stride %d, pad %d × %d: %s", s->images,
      s->height, s->width, s->channels, s->filters, s->kernel_height, s->kernel_width, s->stride, s->pad_y,
      s->pad_x, reason);
}

/// Whether the product of four counts exceeds what an int can number.
static bool is_too_large(int a, int b, int c, int d) {
  return (double)a * b * c * d > INT_MAX;
}

siam_status siam_conv_shape_complete(siam_conv_shape *shape) {
  siam_conv_shape *s = shape;
  if (s->images < 1 || s->height < 1 || s->width < 1 || s->channels < 1 || s->kernel_height < 1 ||
      s->kernel_width < 1 || s->stride < 1 || s->filters < 1)
    return fail_shape(s, "every size must be at least 1");
  if (s->pad_y < 0 || s->pad_x < 0) return fail_shape(s, "a pad cannot be negative");
  if (s->pad_y > INT_MAX / 4 || s->pad_x > INT_MAX / 4 || s->height > INT_MAX / 4 || s->width > INT_MAX / 4)
    return fail_shape(s, "the image is too large");
  const int down = s->height + 2 * s->pad_y - s->kernel_height;
  const int across = s->width + 2 * s->pad_x - s->kernel_width;
  if (down < 0 || across < 0) return fail_shape(s, "the filters are larger than the padded image");
  s->out_height = down / s->stride + 1;
  s->out_width = across / s->stride + 1;
  if (is_too_large(s->images, s->height, s->width, s->channels) ||
      is_too_large(s->images, s->out_height, s->out_width, s->filters) ||
      is_too_large(s->kernel_height, s->kernel_width, s->channels, s->filters))
    return fail_shape(s, "a tensor would have 2^31 elements or more; use a smaller batch");
  return SIAM_OK;
}

size_t siam_conv_input_count(const siam_conv_shape *shape) {
  return (size_t)shape->images * (size_t)shape->height * (size_t)shape->width * (size_t)shape->channels;
}
size_t siam_conv_output_count(const siam_conv_shape *shape) {
  return (size_t)shape->images * (size_t)shape->out_height * (size_t)shape->out_width *
         (size_t)shape->filters;
}
size_t siam_conv_weight_count(const siam_conv_shape *shape) {
  return (size_t)shape->kernel_height * (size_t)shape->kernel_width * (size_t)shape->channels *
         (size_t)shape->filters;
}

double siam_conv_multiply_adds(const siam_conv_shape *shape) {
  return (double)siam_conv_weight_count(shape) * shape->images * shape->out_height * shape->out_width;
}

siam_conv_shape siam_conv_shape_turned(const siam_conv_shape *shape) {
  siam_conv_shape turned = *shape;
  turned.height = shape->out_height;
  turned.width = shape->out_width;
  turned.channels = shape->filters;
  turned.filters = shape->channels;
  turned.pad_y = shape->kernel_height - 1 - shape->pad_y;
  turned.pad_x = shape->kernel_width - 1 - shape->pad_x;
  turned.out_height = shape->height;
  turned.out_width = shape->width;
  return turned;
}

/// Floats of y, of which pooling leaves fewer.
static size_t output_count(const siam_conv *conv) {
  const siam_conv_shape *shape = &conv->shape;
  if (!conv->epilogue.pool && !siam_view_exists(conv->gradient.places)) return siam_conv_output_count(shape);
  return (size_t)shape->images * (size_t)(shape->out_height / 2) * (size_t)(shape->out_width / 2) *
         (size_t)shape->filters;
}

static siam_status check(const siam_conv *conv) {
  const siam_conv_shape *shape = &conv->shape;
  siam_conv_shape whole = *shape;
  SIAM_RETURN_IF_FAILED(siam_conv_shape_complete(&whole));
  if (whole.out_height != shape->out_height || whole.out_width != shape->out_width)
    return fail_shape(shape, "the shape was not completed");
  if (conv->x.count < siam_conv_input_count(shape)) return fail_shape(shape, "the view of x is too short");
  if (conv->y.count < output_count(conv)) return fail_shape(shape, "the view of y is too short");
  if (conv->weight.count < siam_conv_weight_count(shape))
    return fail_shape(shape, "the view of the weights is too short");
  if (siam_view_exists(conv->epilogue.bias) && conv->epilogue.bias.count < (size_t)shape->filters)
    return fail_shape(shape, "the view of the bias is too short");
  if (siam_view_exists(conv->dbias) && conv->dbias.count < (size_t)shape->filters)
    return fail_shape(shape, "the view of the bias's gradient is too short");
  return SIAM_OK;
}

const siam_conv_engine *siam_conv_engine_at(size_t index) {
  return index < ENGINES ? engines[index] : NULL;
}

const siam_conv_engine *siam_conv_engine_standard(const siam_device *device, const siam_conv *conv) {
  const siam_conv_engine *engine = NULL;
  for (size_t i = 0; (engine = siam_conv_engine_at(i)) != NULL; i++)
    if (engine->can(device, conv) && (engine->suits == NULL || engine->suits(device, conv))) return engine;
  return NULL;
}

static bool has_variant(const siam_device *device, const siam_conv *conv, const siam_conv_engine *engine,
                        const char *variant) {
  char known[SIAM_TUNING_CHOICE_SIZE];
  for (size_t i = 0; engine->variant != NULL && engine->variant(device, conv, i, known); i++)
    if (strcmp(known, variant) == 0) return true;
  return false;
}

const siam_conv_engine *siam_conv_read_choice(const siam_device *device, siam_conv *conv,
                                              const char *choice) {
  const siam_conv_engine *engine = NULL;
  for (size_t i = 0; (engine = siam_conv_engine_at(i)) != NULL; i++) {
    const size_t length = strlen(engine->name);
    if (strncmp(engine->name, choice, length) != 0 || !engine->can(device, conv)) continue;
    conv->variant = choice[length] == ' ' ? choice + length + 1 : NULL;
    if (choice[length] == '\0') return engine;
    if (conv->variant != NULL && has_variant(device, conv, engine, conv->variant)) return engine;
  }
  conv->variant = NULL;
  return NULL;
}

/// The engine that tuning found for this convolution; NULL where it was not tuned, or by another version.
static const siam_conv_engine *find_tuned(siam_device *device, siam_conv *conv) {
  siam_tunable tunable;
  siam_conv_tunable(conv, &tunable);
  const char *choice = siam_tunable_choice(device, &tunable);
  return choice != NULL ? siam_conv_read_choice(device, conv, choice) : NULL;
}

/// The engine that the environment forces: 0 for none, else 1 + its place in the table.
static siam_status read_choice(int *choice) {
  const char *names[ENGINES + 1] = {"auto"};
  for (int i = 0; i < ENGINES; i++) names[i + 1] = engines[i]->name;
  return siam_choice_read("SIAMESE_CONV", names, ENGINES + 1, choice);
}

bool siam_conv_choice_is_free(void) {
  int choice = 0;
  return read_choice(&choice) == SIAM_OK && choice == 0;
}

siam_status siam_conv_pick(siam_device *device, siam_conv *conv, const siam_conv_engine **picked) {
  int choice = 0;
  SIAM_RETURN_IF_FAILED(read_choice(&choice));
  if (choice > 0 && engines[choice - 1]->can(device, conv)) {
    *picked = engines[choice - 1];
    return SIAM_OK;
  }
  *picked = choice == 0 ? find_tuned(device, conv) : NULL;
  if (*picked == NULL) *picked = siam_conv_engine_standard(device, conv);
  return *picked != NULL ? SIAM_OK : fail_shape(&conv->shape, "no engine can do it");
}

/// Whether an engine writes and reads places of so many filters: a panel of them has to fill a vector.
static bool gates_at(const siam_device *device, const siam_conv_engine *engine,
                     const siam_conv_shape *shape) {
  if (!engine->gates) return false;
  const int rest = shape->filters % siam_tile_for(device, shape->filters).columns;
  return rest == 0 || rest >= (int)device->traits.vector_width;
}

static siam_status check_gates(const siam_device *device, const siam_conv *conv,
                               const siam_conv_engine *engine) {
  const bool gated = siam_view_exists(conv->epilogue.places) || siam_view_exists(conv->gradient.places);
  return gated && !gates_at(device, engine, &conv->shape)
             ? fail_shape(&conv->shape, "its engine knows no gates")
             : SIAM_OK;
}

/// A gradient of the bias is a pass of its own where the engine does not sum it.
static siam_status add_engine(siam_tape *tape, const siam_conv_engine *engine, siam_conv *conv) {
  const siam_conv_shape *shape = &conv->shape;
  const siam_view dbias = conv->dbias;
  if (engine->gates || !siam_view_exists(dbias)) return engine->add(tape, conv);
  conv->dbias = (siam_view){0};
  SIAM_RETURN_IF_FAILED(engine->add(tape, conv));
  return siam_column_sums(tape, conv->y, shape->images * shape->out_height * shape->out_width, shape->filters,
                          dbias, 1);
}

static siam_status add(siam_tape *tape, const siam_conv *conv) {
  siam_conv plain = *conv;
  SIAM_RETURN_IF_FAILED(check(conv));
  const siam_conv_engine *engine = NULL;
  SIAM_RETURN_IF_FAILED(siam_conv_pick(siam_tape_device(tape), &plain, &engine));
  siam_tape_note(tape, engine->name);
  if (conv->epilogue.pool && (!engine->pools || !siam_epilogue_is_linear(&conv->epilogue)))
    return fail_shape(&conv->shape, "its engine does not pool");
  SIAM_RETURN_IF_FAILED(check_gates(siam_tape_device(tape), conv, engine));
  if (siam_epilogue_is_linear(&conv->epilogue)) return add_engine(tape, engine, &plain);
  plain.epilogue = (siam_epilogue){0};
  SIAM_RETURN_IF_FAILED(engine->add(tape, &plain));
  const siam_conv_shape *shape = &conv->shape;
  return siam_epilogue_add(tape, &conv->epilogue, conv->y,
                           shape->images * shape->out_height * shape->out_width, shape->filters,
                           shape->filters);
}

siam_status siam_conv_forward(siam_tape *tape, const siam_conv_shape *shape, siam_view x, siam_view weight,
                              const siam_epilogue *epilogue, siam_view y) {
  siam_conv conv = {.pass = SIAM_CONV_FORWARD,
                    .shape = *shape,
                    .x = x,
                    .weight = weight,
                    .y = y,
                    .weight_stays = siam_tape_keeps_weights(tape)};
  if (epilogue != NULL) conv.epilogue = *epilogue;
  return add(tape, &conv);
}

bool siam_conv_can_pool(siam_device *device, const siam_conv_shape *shape, bool weight_stays) {
  siam_conv conv = {.pass = SIAM_CONV_FORWARD, .shape = *shape, .weight_stays = weight_stays};
  const siam_conv_engine *engine = NULL;
  return shape->out_height >= 2 && shape->out_width >= 2 &&
         siam_conv_pick(device, &conv, &engine) == SIAM_OK && engine->pools;
}

static bool pass_gates(siam_device *device, const siam_conv_shape *shape, siam_conv_pass pass) {
  siam_conv conv = {.pass = pass, .shape = *shape};
  const siam_conv_engine *engine = NULL;
  return siam_conv_pick(device, &conv, &engine) == SIAM_OK && gates_at(device, engine, shape);
}

bool siam_conv_can_gate(siam_device *device, const siam_conv_shape *shape, bool to_input) {
  return siam_conv_can_pool(device, shape, false) && pass_gates(device, shape, SIAM_CONV_FORWARD) &&
         pass_gates(device, shape, SIAM_CONV_BACKWARD_WEIGHT) &&
         (!to_input || pass_gates(device, shape, SIAM_CONV_BACKWARD_DATA));
}

siam_status siam_conv_backward_data(siam_tape *tape, const siam_conv_shape *shape,
                                    const siam_conv_gradient *gradient, siam_view weight, siam_view dx) {
  const siam_conv conv = {.pass = SIAM_CONV_BACKWARD_DATA,
                          .shape = *shape,
                          .x = dx,
                          .weight = weight,
                          .y = gradient->dy,
                          .gradient = *gradient};
  return add(tape, &conv);
}

siam_status siam_conv_backward_weight(siam_tape *tape, const siam_conv_shape *shape, siam_view x,
                                      const siam_conv_gradient *gradient, siam_view dweight,
                                      siam_view dbias) {
  const siam_conv conv = {.pass = SIAM_CONV_BACKWARD_WEIGHT,
                          .shape = *shape,
                          .x = x,
                          .weight = dweight,
                          .y = gradient->dy,
                          .gradient = *gradient,
                          .dbias = dbias};
  return add(tape, &conv);
}
