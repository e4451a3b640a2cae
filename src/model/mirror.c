// The mirror of x → W1 → N1 → P1 → W2 → N2 → P2 (W: conv or linear; N: normalisation and activation; P:
// pooling and flatten) is P2' → W2' → N1 → P1' → W1': each W' makes what its W was given, so it is followed
// by the N that made that. N stands before P', where there are fewer pixels; both orders give the same.
#include "model/description.h"

#include <string.h>

typedef struct mirror {
  const siam_network *encoder;
  bool tied;
  siam_text text;
} mirror;

static int option(const siam_layer *layer, const char *name) {
  return (int)layer->options[siam_option_find(layer->type->options, name)];
}

static void end_line(mirror *m, const siam_layer *layer) {
  siam_text_add(&m->text, " name=mirror_%s\n", layer->name);
}

/// What the far edge lost on the way: the rows of the input beyond `reached`, and the columns, which one
/// output_pad gives back only where they are as many.
static siam_status take_rest(const siam_layer *layer, int reached_height, int reached_width, int *rest) {
  int rows = layer->in.height - reached_height, columns = layer->in.width - reached_width;
  *rest = rows;
  if (rows >= 0 && rows == columns) return SIAM_OK;
  return siam_fail(SIAM_ERROR_ARGUMENT,
                   "%s: of a picture of %d×%d it has no mirror, because its mirror would give %d×%d and one "
                   "output_pad cannot make up for it; use square pictures, or of another size",
                   layer->name, layer->in.height, layer->in.width, reached_height, reached_width);
}

static siam_status mirror_conv(mirror *m, const siam_layer *layer) {
  int stride = option(layer, "stride"), kernel = option(layer, "kernel"), pad = option(layer, "pad");
  int rest = 0, beside = kernel - 2 * pad;
  SIAM_RETURN_IF_FAILED(take_rest(layer, (layer->out.height - 1) * stride + beside,
                                  (layer->out.width - 1) * stride + beside, &rest));
  siam_text_add(&m->text, "conv_transpose %d %d stride=%d pad=%d output_pad=%d", layer->in.channels, kernel,
                stride, pad, rest);
  if (m->tied) siam_text_add(&m->text, " weight=%s.weight", layer->name);
  end_line(m, layer);
  return SIAM_OK;
}

static siam_status mirror_linear(mirror *m, const siam_layer *layer) {
  siam_text_add(&m->text, "linear %d", layer->in.channels);
  if (m->tied) siam_text_add(&m->text, " weight=%s.weight^T", layer->name);
  end_line(m, layer);
  return SIAM_OK;
}

static siam_status mirror_pool(mirror *m, const siam_layer *layer) {
  int stride = option(layer, "stride"), rest = 0;
  if (stride == 0) stride = option(layer, "kernel");
  SIAM_RETURN_IF_FAILED(take_rest(layer, layer->out.height * stride, layer->out.width * stride, &rest));
  siam_text_add(&m->text, "upsample %d output_pad=%d", stride, rest);
  end_line(m, layer);
  return SIAM_OK;
}

static siam_status mirror_global_pool(mirror *m, const siam_layer *layer) {
  int side = layer->in.height, rest = 0;
  SIAM_RETURN_IF_FAILED(take_rest(layer, side, side, &rest));
  siam_text_add(&m->text, "upsample %d", side);
  end_line(m, layer);
  return SIAM_OK;
}

static siam_status mirror_flatten(mirror *m, const siam_layer *layer) {
  siam_text_add(&m->text, "reshape %d %d %d", layer->in.height, layer->in.width, layer->in.channels);
  end_line(m, layer);
  return SIAM_OK;
}

/// The same layer again.
static siam_status repeat(mirror *m, const siam_layer *layer) {
  siam_text_add(&m->text, "%s", layer->type->name);
  siam_options_write(layer->type->options, layer->type->positional, false, layer->options, &m->text);
  end_line(m, layer);
  return SIAM_OK;
}

static siam_status leave_out(mirror *m, const siam_layer *layer) {
  (void)m, (void)layer;
  return SIAM_OK;
}

/// What a layer is on the way back.
typedef enum mirror_part {
  PART_WEIGHTS, ///< W
  PART_EACH,    ///< Of N: treats every pixel of a channel alike.
  PART_POOL,    ///< Of P.
  PART_FLATTEN  ///< Of P.
} mirror_part;

typedef struct part_row {
  const char *type;
  mirror_part part;
  siam_status (*write)(mirror *m, const siam_layer *layer);
} part_row;

static const part_row rows[] = {
    {"conv", PART_WEIGHTS, mirror_conv},
    {"linear", PART_WEIGHTS, mirror_linear},
    {"batch_norm", PART_EACH, repeat},
    {"relu", PART_EACH, repeat},
    {"leaky_relu", PART_EACH, repeat},
    {"sigmoid", PART_EACH, repeat},
    {"tanh", PART_EACH, repeat},
    {"dropout", PART_EACH, leave_out},
    {"max_pool", PART_POOL, mirror_pool},
    {"avg_pool", PART_POOL, mirror_pool},
    {"global_avg_pool", PART_POOL, mirror_global_pool},
    {"flatten", PART_FLATTEN, mirror_flatten},
};
enum { ROWS = sizeof rows / sizeof *rows };

/// The row of a layer's type; NULL: it has no mirror.
static const part_row *row_of(const siam_layer *layer) {
  for (size_t i = 0; i < ROWS; i++)
    if (strcmp(rows[i].type, layer->type->name) == 0) return &rows[i];
  return NULL;
}

static bool is_part(const mirror *m, size_t i, mirror_part wanted) {
  return row_of(&m->encoder->layers[i])->part == wanted;
}

static siam_status write_layer(mirror *m, size_t i) {
  const siam_layer *layer = &m->encoder->layers[i];
  return row_of(layer)->write(m, layer);
}

/// Writes the layers of N among [first, end), in their order.
static siam_status write_each(mirror *m, size_t first, size_t end) {
  for (size_t i = first; i < end; i++)
    if (is_part(m, i, PART_EACH)) SIAM_RETURN_IF_FAILED(write_layer(m, i));
  return SIAM_OK;
}

/// The way back through the layers [first, end) between two W, or before the first or after the last of them
/// (`outside`), where N is not wanted. What treated vectors comes before the picture is put together again.
static siam_status write_between(mirror *m, size_t first, size_t end, bool outside) {
  size_t flat = first;
  for (size_t i = first; i < end; i++)
    if (is_part(m, i, PART_FLATTEN)) flat = i;
  if (!outside) SIAM_RETURN_IF_FAILED(write_each(m, flat, end));
  for (size_t i = end; i-- > first;)
    if (is_part(m, i, PART_FLATTEN)) SIAM_RETURN_IF_FAILED(write_layer(m, i));
  if (!outside) SIAM_RETURN_IF_FAILED(write_each(m, first, flat));
  for (size_t i = end; i-- > first;)
    if (is_part(m, i, PART_POOL)) SIAM_RETURN_IF_FAILED(write_layer(m, i));
  return SIAM_OK;
}

static siam_status check_layers(const mirror *m, size_t count) {
  bool weights = false;
  for (size_t i = 0; i < count; i++) {
    const siam_layer *layer = &m->encoder->layers[i];
    if (row_of(layer) == NULL)
      return siam_fail(SIAM_ERROR_ARGUMENT,
                       "%s: a layer of type '%s' has no mirror; an encoder that is to have one is made of "
                       "conv, linear, batch_norm, activations, pooling, dropout and flatten",
                       layer->name, layer->type->name);
    if (layer->from != (siam_source)i - 1)
      return siam_fail(
          SIAM_ERROR_ARGUMENT,
          "%s: reads '%s' and not the layer before it; only an encoder whose layers stand in one row "
          "has a mirror",
          layer->name, siam_network_source_name(m->encoder, layer->from));
    weights = weights || is_part(m, i, PART_WEIGHTS);
  }
  if (weights) return SIAM_OK;
  return siam_fail(SIAM_ERROR_ARGUMENT,
                   "an encoder without conv and linear has no mirror: there is nothing to "
                   "learn in it");
}

/// The mirror of the first `count` layers, from the last to the first.
static siam_status write_mirror(mirror *m, size_t count) {
  bool outside = true;
  for (size_t end = count;;) {
    size_t first = end;
    while (first > 0 && !is_part(m, first - 1, PART_WEIGHTS)) first--;
    SIAM_RETURN_IF_FAILED(write_between(m, first, end, outside || first == 0));
    if (first == 0) return SIAM_OK;
    SIAM_RETURN_IF_FAILED(write_layer(m, first - 1));
    end = first - 1;
    outside = false;
  }
}

siam_status siam_network_mirror(const siam_network *encoder, bool tied, siam_network **autoencoder) {
  siam_status status = SIAM_OK;
  mirror m = {.encoder = encoder, .tied = tied};
  size_t count = encoder->count;
  siam_description_write(encoder, &m.text);
  SIAM_TRY(siam_text_status(&m.text));
  if (count > 0 && strcmp(encoder->layers[count - 1].type->name, "l2_normalize") == 0) {
    count--;
    // Its line is the last one.
    do m.text.length--;
    while (m.text.bytes[m.text.length - 1] != '\n');
    m.text.bytes[m.text.length] = '\0';
  }
  SIAM_TRY(check_layers(&m, count));
  SIAM_TRY(write_mirror(&m, count));
  SIAM_TRY(siam_text_status(&m.text));
  status = siam_description_parse("the mirrored encoder", m.text.bytes, NULL, autoencoder);
cleanup:
  siam_text_clear(&m.text);
  return status;
}
