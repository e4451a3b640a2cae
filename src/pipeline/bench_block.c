// Blocks of a network: a convolution with its bias and what follows it up to the next layer with filters
// (batch normalisation, activation, pooling), put on a tape by the passes that training and embedding use. So
// these rows time what a step really enqueues, with everything that layers take over from each other.
#include "base/memory.h"
#include "model/description.h"
#include "pipeline/bench_tape.h"

#include <stdio.h>
#include <string.h>

typedef enum block_part {
  FORWARD,  ///< As in training: with what the way back needs.
  EMBED,    ///< As for embeddings: nobody goes back.
  WEIGHT,   ///< The way back to the weights, and
  BACKWARD, ///< to the input, too.
  PARTS
} block_part;

typedef struct block_row {
  siam_bench_tape tape;
  siam_network *network; ///< The block alone.
  siam_run *run;
  cl_mem gradients;
  siam_device *device;
  block_part part;
  bool to_input;     ///< Somebody asks for the gradient of the block's input.
  int images;        ///< Of the batch.
  size_t first, end; ///< The part's commands on the tape.
} block_row;

static void release(void *state) {
  block_row *own = state;
  siam_run_destroy(own->run);
  siam_tape_destroy(own->tape.tape);
  siam_buffer_release(own->device, own->gradients);
  siam_network_destroy(own->network);
  siam_free(own);
}

static siam_status write_backward(siam_bench *bench, block_row *own) {
  siam_view dy, dx;
  const size_t x_count = (size_t)own->images * siam_shape_count(own->network->input);
  const size_t y_count = (size_t)own->images * siam_shape_count(siam_network_output(own->network));
  SIAM_RETURN_IF_FAILED(siam_bench_take(bench, SIAM_BENCH_B, y_count, &dy));
  SIAM_RETURN_IF_FAILED(siam_buffer_create(own->device, own->network->store.trained, &own->gradients));
  own->first = siam_tape_mark(own->tape.tape);
  if (own->part == WEIGHT) return siam_run_backward(own->run, dy, own->gradients);
  SIAM_RETURN_IF_FAILED(siam_bench_take(bench, SIAM_BENCH_OUT, x_count, &dx));
  return siam_run_backward_to_input(own->run, dy, own->gradients, dx);
}

static siam_status write(siam_bench *bench, block_row *own) {
  const bool embeds = own->part == EMBED;
  const siam_way_back way = own->to_input ? SIAM_BACK_TO_INPUT : SIAM_BACK_TO_WEIGHTS;
  const siam_run_options options = {.images = own->images,
                                    .training = !embeds,
                                    .way_back = embeds ? SIAM_NO_WAY_BACK : way,
                                    .weights_stay = embeds};
  const size_t y_count = (size_t)own->images * siam_shape_count(siam_network_output(own->network));
  siam_view x;
  SIAM_RETURN_IF_FAILED(
      siam_bench_take(bench, SIAM_BENCH_A, (size_t)own->images * siam_shape_count(own->network->input), &x));
  SIAM_RETURN_IF_FAILED(siam_tape_create(bench->device, &own->tape.tape));
  siam_tape *tape = own->tape.tape;
  const bool goes_back = own->part == WEIGHT || own->part == BACKWARD;
  if (goes_back) siam_tape_keep_tensors(tape);
  SIAM_RETURN_IF_FAILED(
      siam_run_forward(own->network, tape, &options, x, siam_tape_lasting(tape, y_count), &own->run));
  if (goes_back) SIAM_RETURN_IF_FAILED(write_backward(bench, own));
  own->end = siam_tape_mark(tape);
  SIAM_RETURN_IF_FAILED(siam_tape_seal(tape));
  // What the way back reads comes from here.
  return siam_tape_run(tape);
}

/// Operations, and the bytes of each tensor that a pass cannot do without.
static void count_work(block_row *own, siam_bench_row *row) {
  const siam_layer *conv = own->network->layers;
  const double images = own->images, weights = (double)own->network->store.trained;
  const double x = images * (double)siam_shape_count(own->network->input);
  const double y = images * (double)siam_shape_count(siam_network_output(own->network));
  const int passes = own->part == BACKWARD ? 2 : 1;
  row->flops = 2 * passes * images * conv->type->multiply_adds(conv);
  row->bytes = sizeof(float) * (passes * (x + y + weights) + (passes == 2 || own->part == WEIGHT) * weights);
}

static siam_status prepare(siam_bench *bench, siam_bench_case *row) {
  block_row *own = row->state;
  own->device = bench->device;
  SIAM_RETURN_IF_FAILED(siam_network_place(own->network, bench->device, 1));
  count_work(own, &row->row);
  SIAM_RETURN_IF_FAILED(write(bench, own));
  siam_bench_describe(row, own->tape.tape, 1);
  row->row.commands = (double)(own->end - own->first);
  return SIAM_OK;
}

static siam_status run(siam_bench_case *row, uint64_t count) {
  const block_row *own = row->state;
  for (uint64_t i = 0; i < count; i++)
    SIAM_RETURN_IF_FAILED(siam_tape_run_part(own->tape.tape, own->first, own->end));
  return SIAM_OK;
}

static const siam_bench_kind block_kind = {
    .device_clock = true, .compared = true, .prepare = prepare, .run = run, .release = release};

/// Whether a layer is run together with the convolution before it.
static bool belongs(const siam_layer *layer) {
  return layer->type->activation != SIAM_ACTIVATION_NONE || strcmp(layer->type->name, "batch_norm") == 0 ||
         strcmp(layer->type->name, "max_pool") == 0 || strcmp(layer->type->name, "avg_pool") == 0;
}

/// How many layers from the convolution `first` on are a block: each reads the one before, and nobody else
/// does.
static size_t count_block(const siam_network *network, size_t first) {
  size_t count = 1;
  for (size_t i = first + 1; i < network->count; i++, count++)
    if (!belongs(&network->layers[i]) || network->layers[i].from != (siam_source)i - 1 ||
        siam_network_count_users(network, (siam_source)i - 1) != 1)
      break;
  return count;
}

static siam_status copy_block(const siam_network *network, size_t first, size_t count, siam_network **block) {
  siam_status status = SIAM_OK;
  siam_network *made = NULL;
  const siam_shape in = network->layers[first].in;
  SIAM_TRY(siam_network_create(in.height, in.width, in.channels, &made));
  for (size_t i = 0; i < count; i++)
    SIAM_TRY(siam_network_add_layer(made, network->layers[first + i].type, NULL,
                                    network->layers[first + i].options));
  *block = made;
  made = NULL;
cleanup:
  siam_network_destroy(made);
  return status;
}

/// "128x28x28x64/3x3x64p1/relu/max_pool2"
static void write_name(const siam_network *block, int images, siam_text *name) {
  const siam_layer *conv = block->layers;
  const int kernel = siam_bench_option(conv, "kernel"), stride = siam_bench_option(conv, "stride");
  siam_text_add(name, "%dx%dx%dx%d/%dx%dx%dp%d", images, conv->in.height, conv->in.width, conv->in.channels,
                kernel, kernel, conv->out.channels, siam_bench_option(conv, "pad"));
  if (stride > 1) siam_text_add(name, "s%d", stride);
  for (size_t i = 1; i < block->count; i++) {
    const siam_layer *layer = &block->layers[i];
    siam_text_add(name, "/%s", layer->type->name);
    if (strstr(layer->type->name, "pool") != NULL)
      siam_text_add(name, "%d", siam_bench_option(layer, "kernel"));
  }
}

static siam_status add_row(siam_bench *bench, const siam_network *network, size_t first, block_part part,
                           bool to_input) {
  static const char *const names[PARTS] = {"forward", "embed", "weight", "backward"};
  siam_status status = SIAM_OK;
  siam_text name = {0};
  block_row *own = siam_allocate(1, sizeof *own);
  if (own == NULL) return SIAM_ERROR_MEMORY;
  own->part = part;
  own->to_input = to_input;
  own->images = 2 * bench->options.batch;
  SIAM_TRY(copy_block(network, first, count_block(network, first), &own->network));
  write_name(own->network, own->images, &name);
  SIAM_TRY(siam_text_status(&name));
  status = siam_bench_add(bench, &block_kind, own, "conv/block/%s/%s", names[part], name.bytes);
  own = NULL;
cleanup:
  if (own != NULL) release(own);
  siam_text_clear(&name);
  return status;
}

/// Adds the rows of the block that begins with layer `first`. Without a gradient of its input, the way back
/// ends at the weights.
static siam_status add_block(siam_bench *bench, const siam_network *network, size_t first, bool to_input) {
  const siam_layer *conv = &network->layers[first];
  const size_t images = 2 * (size_t)bench->options.batch, count = count_block(network, first);
  const size_t x = images * siam_shape_count(conv->in);
  siam_bench_reserve(bench, SIAM_BENCH_A, x);
  siam_bench_reserve(bench, SIAM_BENCH_B, images * siam_shape_count(network->layers[first + count - 1].out));
  siam_bench_reserve(bench, SIAM_BENCH_OUT, x);
  for (block_part part = FORWARD; part < PARTS; part++)
    if (part != BACKWARD || to_input) SIAM_RETURN_IF_FAILED(add_row(bench, network, first, part, to_input));
  return SIAM_OK;
}

static siam_status add_blocks_of(siam_bench *bench, const siam_network *network) {
  bool to_input = false;
  for (size_t i = 0; i < network->count; i++) {
    if (strcmp(network->layers[i].type->name, "conv") == 0 && count_block(network, i) > 1)
      SIAM_RETURN_IF_FAILED(add_block(bench, network, i, to_input));
    to_input |= network->layers[i].slot_count > 0;
  }
  return SIAM_OK;
}

/// The standard blocks, with a gradient of the input.
static siam_status add_standard(siam_bench *bench, int side, const char *behind) {
  char text[96];
  siam_network *network = NULL;
  snprintf(text, sizeof text, "input %d %d 64\nconv 64 3 pad=1\n%s", side, side, behind);
  siam_status status = siam_description_parse("a block", text, NULL, &network);
  if (status == SIAM_OK) status = add_block(bench, network, 0, true);
  siam_network_destroy(network);
  return status;
}

siam_status siam_bench_plan_blocks(siam_bench *bench) {
  for (int side = 28; side >= 7; side /= 2) {
    SIAM_RETURN_IF_FAILED(add_standard(bench, side, "relu\n"));
    SIAM_RETURN_IF_FAILED(add_standard(bench, side, "relu\nmax_pool 2\n"));
  }
  for (size_t e = 0; e < bench->encoder_count; e++)
    SIAM_RETURN_IF_FAILED(add_blocks_of(bench, bench->encoders[e].network));
  return SIAM_OK;
}
