#include "device_memory.h"
#include "golden.h"
#include "losses/loss.h"
#include "losses/mean_squared_error.h"
#include "model/description.h"
#include "optim/optimizer.h"
#include "reference/reference_network.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(golden, .fini = siam_test_device_close, .timeout = 300);

// As in make_golden.py.
enum { SAMPLES = 32, PROJECTIONS = 4, STEPS = SIAM_GOLDEN_STEPS, MOST_RECORDS = 256 };

/// A tensor of the file: four projections of it and a sample of its elements, and how far PyTorch's float32
/// strays from them (root of the mean square).
typedef struct record {
  char name[96];
  size_t count;
  double element_stray, projection_stray;
  double projections[PROJECTIONS], samples[SAMPLES];
} record;

typedef struct golden {
  record records[MOST_RECORDS];
  size_t count;
  double stretch; ///< Of PyTorch's strays, see note_engines().
  double turned;  ///< What a projection of a change may be off by at once, see check_steps().
  double worst;   ///< Largest difference met, as a part of its bound.
} golden;

static size_t sample_of(size_t count) {
  return count < SAMPLES ? count : SAMPLES;
}

static void load(const char *encoder, golden *g) {
  char path[512];
  FILE *file = siam_golden_open(encoder, path);
  for (g->count = 0; fscanf(file, "%95s", g->records[g->count].name) == 1; g->count++) {
    record *r = &g->records[g->count];
    cr_assert_lt(g->count, (size_t)MOST_RECORDS - 1);
    r->count = (size_t)siam_golden_number(file, path);
    r->element_stray = siam_golden_number(file, path);
    r->projection_stray = siam_golden_number(file, path);
    for (int p = 0; p < PROJECTIONS; p++) r->projections[p] = siam_golden_number(file, path);
    for (size_t s = 0; s < sample_of(r->count); s++) r->samples[s] = siam_golden_number(file, path);
  }
  cr_assert_gt(g->count, 0, "%s is empty", path);
  fclose(file);
}

/// How far numbers may stray. Those of the device, in float32: ten times as far as PyTorch's float32 does as
/// the root of the mean square, ten standard deviations of errors of the same kind; and a change of a weight
/// by what its own digits cannot hold, since PyTorch's may all have been too small to be seen. Those of the
/// float64 reference: by sums of some thousand terms a layer, and the 14 digits of the file.
typedef struct tolerance {
  bool exact;
  double lost; ///< Of a change: as a root of the mean square.
} tolerance;

/// How much larger rounding errors may be than those of direct convolutions, where Winograd's are on the
/// tape. With independent numbers, those of F(m × m, r × r) have S = Σ_k A²|G|²|B|² times the variance of its
/// sums' terms along each side, where the direct way has r and adds r² terms for its one: √((S / r)² / r²).
/// S = 32.3 of F(4×4, 3×3) makes 3.6, 95.3 of F(4×4, 5×5) 3.8, 43.1 of F(3×3, 4×4) 2.7, 61.4 of F(2×2,
/// 5×5) 2.5, 173.4 of F(2×2, 7×7) 3.5.
static void note_engines(golden *g, const siam_tape *tape) {
  g->stretch = 1;
  for (size_t i = 0; siam_tape_engine(tape, i) != NULL; i++)
    if (strncmp(siam_tape_engine(tape, i), "winograd", 8) == 0) g->stretch = 3.8;
}

static double bound_of(const golden *g, tolerance allowed, double stray, double count, double magnitude) {
  if (allowed.exact) return 1e-10 * (magnitude + 1e-3);
  return 10 * hypot(g->stretch * stray, allowed.lost * sqrt(count));
}

static void expect_near(golden *g, const char *name, size_t at, double value, double expected, double bound) {
  double error = fabs(value - expected);
  cr_expect_leq(error, bound, "%s %zu is %.9g and must be %.9g ± %.2g (off by %.2g)", name, at, value,
                expected, bound, error);
  g->worst = fmax(g->worst, error / bound);
}

static void compare(golden *g, const char *name, const double *values, size_t count, tolerance allowed) {
  const record *r = NULL;
  for (size_t i = 0; i < g->count; i++)
    if (strcmp(g->records[i].name, name) == 0) r = &g->records[i];
  cr_assert_not_null(r, "the golden file has no %s", name);
  cr_assert_eq(r->count, count, "%s has %zu elements here and %zu there", name, count, r->count);
  double projections[PROJECTIONS] = {0}, magnitude = 0;
  for (size_t i = 0; i < count; i++) {
    siam_draw four = siam_golden_draw(SIAM_GOLDEN_DIRECTIONS, i);
    magnitude += fabs(values[i]);
    for (int p = 0; p < PROJECTIONS; p++) projections[p] += siam_golden_centred(four.word[p]) * values[i];
  }
  char kind[224];
  snprintf(kind, sizeof kind, "%s, projection", name);
  for (size_t p = 0; p < PROJECTIONS; p++)
    expect_near(g, kind, p, projections[p], r->projections[p],
                bound_of(g, allowed, r->projection_stray, (double)count, magnitude) +
                    (allowed.lost > 0 && g->stretch > 1 ? g->turned : 0));
  snprintf(kind, sizeof kind, "%s, element", name);
  for (size_t s = 0; s < sample_of(count); s++) {
    size_t at = (s * count + count / 2) / sample_of(count);
    double local = magnitude / (double)count + fabs(values[at]);
    expect_near(g, kind, at, values[at], r->samples[s], bound_of(g, allowed, r->element_stray, 1, local));
  }
}

/// Fills a parameter as the script does: weights by the size of their sums, scales around 1.
static void first_values(const siam_parameter *parameter, uint32_t number, float *values) {
  double scale = 0.125, offset = 0;
  if (strncmp(parameter->name, "batch_norm", 10) == 0) scale = 0.25;
  if (strncmp(parameter->name, "batch_norm", 10) == 0 && strstr(parameter->name, ".weight") != NULL)
    offset = 1;
  if (strcmp(parameter->name, "gem_pool1.exponent") == 0) {
    scale = 0.25;
    offset = 3;
  }
  if (parameter->kind == SIAM_PARAMETER_WEIGHT)
    scale = sqrt(6.0 * parameter->dims[parameter->rank - 1] / (double)parameter->count);
  siam_golden_spread(SIAM_GOLDEN_FIRST_PARAMETER + number, parameter->count, scale, offset, values);
}

/// The network of make_golden.py's autoencoder, whose loss is how far its output is from its input.
static const char autoencoder[] =
    "input 14 14 1\nconv 8 3 stride=2 pad=1\nrelu\nconv 12 3 pad=1\nrelu\nmax_pool 2\nflatten\nlinear 20\n"
    "linear 108 weight=linear1.weight^T\nrelu\nreshape 3 3 12\nupsample 2 output_pad=1\n"
    "conv_transpose 8 3 pad=1 weight=conv2.weight\nrelu\n"
    "conv_transpose 1 3 stride=2 pad=1 output_pad=1 weight=conv1.weight\n";

/// One encoder on its pictures.
typedef struct trial {
  golden golden;
  siam_network *network;
  bool reconstructs;
  int images;
  size_t dimensions;
  float *pictures;
  int32_t labels[8];
  float *first; ///< The weight buffer at the start.
} trial;

static trial *begin(const char *encoder, int pairs) {
  trial *t = calloc(1, sizeof *t);
  load(encoder, &t->golden);
  t->reconstructs = strcmp(encoder, "autoencoder") == 0;
  siam_test_ok(t->reconstructs ? siam_description_parse(encoder, autoencoder, NULL, &t->network)
                               : siam_encoder_build(encoder, NULL, &t->network));
  siam_test_ok(siam_network_place(t->network, siam_test_device(), 1));
  t->images = 2 * pairs;
  t->dimensions = siam_shape_count(siam_network_output(t->network));
  size_t inputs = (size_t)t->images * siam_shape_count(t->network->input);
  t->pictures = calloc(inputs, sizeof *t->pictures);
  siam_golden_spread(SIAM_GOLDEN_PICTURES, inputs, 1, 0, t->pictures);
  for (int pair = 0; pair < pairs; pair++) t->labels[pair] = pair % 2 == 0;
  const siam_store *store = &t->network->store;
  t->first = calloc(store->total, sizeof *t->first);
  siam_test_ok(siam_buffer_read(siam_test_device(), store->weights, 0, store->total, t->first));
  uint32_t number = 0;
  for (size_t p = 0; p < store->count; p++)
    if (store->parameters[p].kind != SIAM_PARAMETER_STATE)
      first_values(&store->parameters[p], number++, t->first + store->parameters[p].offset);
  return t;
}

static void finish(trial *t) {
  cr_log_info("largest difference: %.2f of its bound", t->golden.worst);
  siam_network_destroy(t->network);
  free(t->pictures);
  free(t->first);
  free(t);
}

/// Compares the parameters' ranges of `now` (less those of `before`, where given) with records "PREFIX.name".
static void compare_parameters(trial *t, const char *prefix, bool states, const float *now,
                               const float *before) {
  const siam_store *store = &t->network->store;
  for (size_t p = 0; p < store->count; p++) {
    const siam_parameter *parameter = &store->parameters[p];
    if ((parameter->kind == SIAM_PARAMETER_STATE) != states) continue;
    double *values = calloc(parameter->count, sizeof *values), squares = 0;
    for (size_t i = 0; i < parameter->count; i++) {
      size_t at = parameter->offset + i;
      values[i] = (double)now[at] - (before != NULL ? (double)before[at] : 0);
      squares += (double)now[at] * now[at];
    }
    char name[192];
    snprintf(name, sizeof name, "%s.%s", prefix, parameter->name);
    double lost = before != NULL ? STEPS * 0x1p-24 * sqrt(squares / (double)parameter->count) : 0;
    compare(&t->golden, name, values, parameter->count, (tolerance){.lost = lost});
    free(values);
  }
}

/// The tape of a step, and what it writes.
typedef struct step {
  siam_tape *tape;
  siam_run *run;
  cl_mem labels, clock, state;
  siam_view embeddings, loss;
} step;

static cl_mem buffer_of(const void *bytes, size_t size) {
  cl_int error = CL_SUCCESS;
  cl_mem made = clCreateBuffer(siam_test_device()->context, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, size,
                               (void *)bytes, &error);
  cr_assert_eq(error, CL_SUCCESS);
  return made;
}

static siam_status add_contrastive(const trial *t, const step *s, siam_view gradients) {
  siam_loss loss;
  siam_test_ok(siam_loss_parse("contrastive", &loss));
  loss.pairing = SIAM_PAIRING_DRAWN;
  return siam_loss_add(&loss, &(siam_loss_batch){.tape = s->tape,
                                                 .rows = t->images,
                                                 .dimensions = (int)t->dimensions,
                                                 .embeddings = s->embeddings,
                                                 .gradients = gradients,
                                                 .labels = s->labels,
                                                 .result = s->loss});
}

static void write_tape(trial *t, const siam_optimizer_type *type, const siam_optimizer_options *options,
                       step *s) {
  const siam_store *store = &t->network->store;
  const uint32_t words[SIAM_CLOCK_WORDS] = {0};
  size_t inputs = (size_t)t->images * siam_shape_count(t->network->input);
  size_t outputs = (size_t)t->images * t->dimensions;
  s->tape = siam_test_tape();
  s->labels = buffer_of(t->labels, sizeof t->labels);
  s->clock = buffer_of(words, sizeof words);
  siam_test_ok(siam_buffer_create(siam_test_device(), (size_t)type->states * store->trained, &s->state));
  s->embeddings = siam_tape_lasting(s->tape, outputs);
  s->loss = siam_tape_lasting(s->tape, SIAM_LOSS_WORDS);
  siam_view gradients = siam_tape_tensor(s->tape, outputs), norm = siam_tape_tensor(s->tape, 2);
  siam_test_ok(siam_tape_fill(s->tape, siam_view_of_buffer(store->gradients, 0, store->trained), 0));
  siam_view pictures = siam_test_upload(t->pictures, inputs);
  siam_test_ok(siam_run_forward(t->network, s->tape,
                                &(siam_run_options){.images = t->images, .training = true}, pictures,
                                s->embeddings, &s->run));
  siam_test_ok(t->reconstructs
                   ? siam_mean_squared_error_add(s->tape, s->embeddings, pictures, gradients, s->loss)
                   : add_contrastive(t, s, gradients));
  siam_test_ok(siam_run_backward(s->run, gradients, store->gradients));
  siam_test_ok(siam_optimizer_add(type, options,
                                  &(siam_optimizer_batch){.tape = s->tape,
                                                          .weights = store->weights,
                                                          .gradients = store->gradients,
                                                          .state = s->state,
                                                          .clock = s->clock,
                                                          .decayed = store->decayed,
                                                          .trained = store->trained,
                                                          .norm = norm}));
  note_engines(&t->golden, s->tape);
}

static void read_view(const siam_tape *tape, siam_view view, double *values) {
  float *floats = calloc(view.count, sizeof *floats);
  siam_place place = siam_tape_place(tape, view);
  siam_test_ok(siam_buffer_read(siam_test_device(), place.buffer, place.first, view.count, floats));
  for (size_t i = 0; i < view.count; i++) values[i] = floats[i];
  free(floats);
}

static void check_gradients(trial *t, const step *s) {
  const siam_store *store = &t->network->store;
  size_t outputs = (size_t)t->images * t->dimensions;
  double *embeddings = calloc(outputs, sizeof *embeddings);
  float *gradients = calloc(store->trained, sizeof *gradients);
  read_view(s->tape, s->embeddings, embeddings);
  siam_test_ok(siam_buffer_read(siam_test_device(), store->gradients, 0, store->trained, gradients));
  compare(&t->golden, "embeddings", embeddings, outputs, (tolerance){0});
  compare_parameters(t, "gradient", false, gradients, NULL);
  free(embeddings);
  free(gradients);
}

/// Three steps from the first values; embeddings and gradients after one, losses and changes after all.
static void check_steps(trial *t, const char *optimizer, float rate, siam_optimizer_options options) {
  const siam_store *store = &t->network->store;
  const siam_optimizer_type *type = NULL;
  siam_device *device = siam_test_device();
  step s = {0};
  double losses[STEPS];
  siam_test_ok(siam_optimizer_find(optimizer, &type));
  siam_test_ok(siam_buffer_write(device, store->weights, 0, store->total, t->first));
  write_tape(t, type, &options, &s);
  // Adam's first steps make of a gradient little more than its sign, so that of a weight whose gradient is
  // nearly 0 larger errors may turn the change: by twice the rate in the first step, while later ones
  // remember.
  t->golden.turned = strncmp(optimizer, "adam", 4) == 0 ? 2 * (double)rate : 0;
  for (uint32_t number = 1; number <= STEPS; number++) {
    uint32_t words[SIAM_CLOCK_WORDS] = {[SIAM_CLOCK_STEP] = number};
    memcpy(&words[SIAM_CLOCK_RATE], &rate, sizeof rate);
    siam_test_ok(siam_buffer_write(device, s.clock, 0, SIAM_CLOCK_WORDS, (const float *)words));
    siam_test_run(s.tape);
    double result[SIAM_LOSS_WORDS];
    read_view(s.tape, s.loss, result);
    losses[number - 1] = result[SIAM_LOSS_VALUE];
    if (number == 1) check_gradients(t, &s);
  }
  float *now = calloc(store->total, sizeof *now);
  siam_test_ok(siam_buffer_read(device, store->weights, 0, store->total, now));
  char name[64];
  snprintf(name, sizeof name, "%s.losses", optimizer);
  compare(&t->golden, name, losses, STEPS, (tolerance){0});
  snprintf(name, sizeof name, "%s.change", optimizer);
  compare_parameters(t, name, false, now, t->first);
  snprintf(name, sizeof name, "%s.state", optimizer);
  compare_parameters(t, name, true, now, NULL);
  free(now);
  siam_run_destroy(s.run);
  clReleaseMemObject(s.labels);
  clReleaseMemObject(s.clock);
  clReleaseMemObject(s.state);
}

static const siam_optimizer_options sgd = {.momentum = 0.9F, .weight_decay = 0.01F};
static const siam_optimizer_options adamw = {
    .momentum = 0.9F, .second = 0.999F, .epsilon = 1e-8F, .weight_decay = 0.1F};

Test(golden, lenet_trains_as_in_pytorch) {
  trial *t = begin("lenet", 3);
  siam_optimizer_options adam = adamw;
  adam.weight_decay = 0.01F;
  check_steps(t, "sgd", 0.05F, sgd);
  check_steps(t, "adam", 0.001F, adam);
  check_steps(t, "adamw", 0.001F, adamw);
  finish(t);
}

Test(golden, conv4_trains_as_in_pytorch) {
  trial *t = begin("conv4", 3);
  check_steps(t, "sgd", 0.05F, sgd);
  finish(t);
}

Test(golden, resnet8_trains_as_in_pytorch) {
  trial *t = begin("resnet8", 3);
  check_steps(t, "sgd", 0.05F, sgd);
  finish(t);
}

// One of its poolings and leaky ReLUs stands so near a kink that the rounding of Winograd's convolutions
// passes it, or that of kernels without fma(), and the gradients behind it are others, if as right. So this
// one goes by direct convolutions where the device gets them, and needs fma(). test_add holds a smaller block
// to float64 everywhere.
Test(golden, resnet12_trains_as_in_pytorch) {
  if (!siam_test_device()->traits.has_fma) cr_skip("without fma() rounding passes a kink of this network");
  cr_assert_eq(setenv("SIAMESE_CONV", "direct", 1), 0);
  trial *t = begin("resnet12", 3);
  check_steps(t, "sgd", 0.05F, sgd);
  finish(t);
}

Test(golden, koch_trains_as_in_pytorch) {
  trial *t = begin("koch", 1);
  check_steps(t, "sgd", 0.05F, sgd);
  finish(t);
}

Test(golden, a_tied_convolutional_autoencoder_trains_as_in_pytorch) {
  trial *t = begin("autoencoder", 3);
  check_steps(t, "sgd", 0.05F, sgd);
  check_steps(t, "adamw", 0.001F, adamw);
  finish(t);
}

/// Gradient of the contrastive loss of drawn pairs with margin 1, or of the mean squared error.
static void loss_gradient(const trial *t, const double *embeddings, double *slopes) {
  int pairs = t->images / 2;
  size_t size = t->dimensions, count = (size_t)t->images * size;
  for (size_t i = 0; t->reconstructs && i < count; i++)
    slopes[i] = 2 * (embeddings[i] - t->pictures[i]) / (double)count;
  if (t->reconstructs) return;
  for (size_t pair = 0; pair < (size_t)pairs; pair++) {
    const double *a = embeddings + pair * size, *b = embeddings + ((size_t)pairs + pair) * size;
    double distance = 0;
    for (size_t i = 0; i < size; i++) distance += (a[i] - b[i]) * (a[i] - b[i]);
    distance = sqrt(distance);
    double factor = t->labels[pair] ? 1 : distance < 1 ? (distance - 1) / distance : 0;
    for (size_t i = 0; i < size; i++) {
      slopes[pair * size + i] = factor * (a[i] - b[i]) / pairs;
      slopes[((size_t)pairs + pair) * size + i] = -factor * (a[i] - b[i]) / pairs;
    }
  }
}

/// The float64 reference of the layer tests, against PyTorch's float64.
static void check_reference(const char *encoder, int pairs) {
  trial *t = begin(encoder, pairs);
  const siam_store *store = &t->network->store;
  siam_test_ok(siam_buffer_write(siam_test_device(), store->weights, 0, store->total, t->first));
  siam_reference_network *reference = siam_reference_network_create(t->network, t->images, true);
  size_t last = t->network->count;
  for (size_t i = 0; i < siam_reference_network_size(reference, 0); i++)
    reference->values[0][i] = t->pictures[i];
  siam_reference_network_forward(reference);
  loss_gradient(t, reference->values[last], reference->slopes[last]);
  siam_reference_network_backward(reference);
  compare(&t->golden, "embeddings", reference->values[last], siam_reference_network_size(reference, last),
          (tolerance){.exact = true});
  for (size_t p = 0; p < store->count; p++) {
    if (store->parameters[p].kind == SIAM_PARAMETER_STATE) continue;
    char name[192];
    snprintf(name, sizeof name, "gradient.%s", store->parameters[p].name);
    compare(&t->golden, name, reference->gradients[p], store->parameters[p].count,
            (tolerance){.exact = true});
  }
  siam_reference_network_destroy(reference);
  finish(t);
}

Test(golden, the_reference_of_the_layer_tests_agrees_with_pytorch_to_ten_digits) {
  check_reference("lenet", 3);
  check_reference("conv4", 3);
  check_reference("resnet8", 3);
  check_reference("resnet12", 3);
  check_reference("autoencoder", 3);
}
