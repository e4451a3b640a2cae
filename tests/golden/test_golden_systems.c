#include "device_memory.h"
#include "golden.h"
#include "reference/reference_network.h"

#include <criterion/criterion.h>
#include <math.h>
#include <siamese/network.h>
#include <stdlib.h>
#include <string.h>

TestSuite(golden_systems, .fini = siam_test_device_close, .timeout = 120);

// The five systems that weight-sharing teaches, by the public functions, against make_systems.py's numbers.

enum { STEPS = SIAM_GOLDEN_STEPS, MOST_NUMBERS = 128, MOST_RECORDS = 80, MOST_IMAGES = 6 };

/// All numbers of a tensor, and how far PyTorch's float32 strays from them (root of the mean square).
typedef struct record {
  char name[64];
  size_t count;
  double stray, values[MOST_NUMBERS];
} record;

typedef struct golden {
  record records[MOST_RECORDS];
  size_t count;
} golden;

static golden *load(void) {
  golden *g = calloc(1, sizeof *g);
  char path[512];
  FILE *file = siam_golden_open("systems", path);
  for (; fscanf(file, "%63s", g->records[g->count].name) == 1; g->count++) {
    record *r = &g->records[g->count];
    cr_assert_lt(g->count, (size_t)MOST_RECORDS - 1);
    r->count = (size_t)siam_golden_number(file, path);
    r->stray = siam_golden_number(file, path);
    cr_assert_leq(r->count, (size_t)MOST_NUMBERS);
    for (size_t i = 0; i < r->count; i++) r->values[i] = siam_golden_number(file, path);
  }
  fclose(file);
  return g;
}

/// A loss on the host: its value, and its slopes [images, outputs], from outputs y.
typedef double (*loss_function)(const double *x, const double *y, int images, int outputs, double *slopes);

/// ½ Σ (y − x)²: of x itself, or of what a network is to make of it.
static double half_squares(const double *target, const double *y, int images, int outputs, double *slopes) {
  double sum = 0;
  for (int i = 0; i < images * outputs; i++) {
    slopes[i] = y[i] - target[i];
    sum += slopes[i] * slopes[i] / 2;
  }
  return sum;
}

static double against_targets(const double *x, const double *y, int images, int outputs, double *slopes) {
  (void)x;
  float floats[MOST_NUMBERS];
  double target[MOST_NUMBERS];
  siam_golden_spread(SIAM_GOLDEN_TARGETS, (size_t)images * (size_t)outputs, 1, 0, floats);
  for (int i = 0; i < images * outputs; i++) target[i] = floats[i];
  return half_squares(target, y, images, outputs, slopes);
}

/// − Σ log softmax(y)[next word].
static double next_word(const double *x, const double *y, int images, int outputs, double *slopes) {
  static const int words[] = {2, 1, 0, 4, 3};
  (void)x;
  double value = 0;
  for (int n = 0; n < images; n++) {
    const double *row = y + n * outputs;
    double sum = 0;
    for (int i = 0; i < outputs; i++) sum += exp(row[i]);
    for (int i = 0; i < outputs; i++) slopes[n * outputs + i] = exp(row[i]) / sum - (i == words[n]);
    value += log(sum) - row[words[n]];
  }
  return value;
}

/// Contrastive, margin 1, of pairs i and i + images / 2: same, different, same. Mean over pairs.
static double contrastive(const double *x, const double *y, int images, int outputs, double *slopes) {
  (void)x;
  int pairs = images / 2;
  double value = 0;
  for (int p = 0; p < pairs; p++) {
    const double *a = y + p * outputs, *b = y + (pairs + p) * outputs;
    double squares = 0;
    for (int i = 0; i < outputs; i++) squares += (a[i] - b[i]) * (a[i] - b[i]);
    double distance = sqrt(squares), gap = fmax(1 - distance, 0);
    double factor = p % 2 == 0 ? 1 : -gap / distance;
    value += (p % 2 == 0 ? squares : gap * gap) / 2 / pairs;
    for (int i = 0; i < outputs; i++) {
      slopes[p * outputs + i] = factor * (a[i] - b[i]) / pairs;
      slopes[(pairs + p) * outputs + i] = -slopes[p * outputs + i];
    }
  }
  return value;
}

/// A system of the lesson.
typedef struct lesson_system {
  const char *name, *lines[5];
  int features, images; ///< Of an input, and of the batch.
  loss_function loss;
  const float *words; ///< Inputs that are not drawn.
} lesson_system;

static const float words[] = {0, 1, 1, 2, 2, 1, 3, 3, 0, 6};
static const lesson_system systems[] = {
    {"standard", {"linear 5 name=encode", "linear 10 name=decode"}, 10, 4, half_squares, NULL},
    {"tied",
     {"linear 5 name=encode", "linear 10 name=decode weight=encode.weight^T"},
     10,
     4,
     half_squares,
     NULL},
    {"shared",
     {"linear 10 name=first", "linear 10 name=second weight=first.weight"},
     10,
     4,
     against_targets,
     NULL},
    {"embedding",
     {"embedding 7 4 name=embedding", "linear 4 name=mix", "tanh",
      "linear 7 name=project weight=embedding.weight^T"},
     2,
     5,
     next_word,
     words},
    {"siamese", {"linear 6 name=hidden", "tanh", "linear 3 name=embed", "tanh"}, 16, 6, contrastive, NULL},
};

/// A system under test.
typedef struct trial {
  const lesson_system *system;
  const golden *golden;
  siam_network *network;
  size_t parameters;
  int outputs;
  float x[MOST_NUMBERS];
  double inputs[MOST_NUMBERS];
  double worst; ///< Largest difference met, as a part of its bound.
} trial;

static const record *find(const trial *t, const char *kind, const char *name) {
  char wanted[160];
  snprintf(wanted, sizeof wanted, "%s.%s%s", t->system->name, kind, name);
  size_t i = 0;
  while (i < t->golden->count && strcmp(t->golden->records[i].name, wanted) != 0) i++;
  cr_assert_lt(i, t->golden->count, "the golden file has no %s", wanted);
  return &t->golden->records[i];
}

static siam_parameter_info parameter(const trial *t, size_t index) {
  siam_parameter_info info;
  siam_test_ok(siam_network_get_parameter(t->network, index, &info));
  return info;
}

static void write_first_values(const trial *t) {
  for (size_t p = 0; p < t->parameters; p++) {
    siam_parameter_info info = parameter(t, p);
    float values[MOST_NUMBERS];
    double scale = info.rank == 2 ? sqrt(6.0 / info.dims[0]) : 0.125;
    siam_golden_spread(SIAM_GOLDEN_FIRST_PARAMETER + (uint32_t)p, info.count, scale, 0, values);
    siam_test_ok(siam_network_write(t->network, info.name, values));
  }
}

static trial begin(const lesson_system *system, const golden *g) {
  trial t = {.system = system, .golden = g};
  siam_test_ok(siam_network_create(1, 1, system->features, &t.network));
  for (int i = 0; system->lines[i] != NULL; i++) siam_test_ok(siam_network_add(t.network, system->lines[i]));
  siam_test_ok(siam_network_place(t.network, siam_test_device(), 1));
  siam_network_info info = siam_network_get_info(t.network);
  t.parameters = info.parameters;
  t.outputs = (int)info.outputs;
  size_t count = (size_t)system->images * info.inputs;
  if (system->words != NULL)
    memcpy(t.x, system->words, count * sizeof *t.x);
  else
    siam_golden_spread(SIAM_GOLDEN_PICTURES, count, 1, 0, t.x);
  for (size_t i = 0; i < count; i++) t.inputs[i] = t.x[i];
  write_first_values(&t);
  return t;
}

static void expect_near(trial *t, const char *name, size_t i, double found, double expected, double bound) {
  double error = fabs(found - expected);
  cr_expect_leq(error, bound, "%s, %s %zu is %.9g and must be %.9g ± %.2g (off by %.2g)", t->system->name,
                name, i, found, expected, bound, error);
  t->worst = fmax(t->worst, error / bound);
}

/// The slopes of the loss at PyTorch's outputs, as floats, in a float64 network with the bounds of all that
/// follows from them on the device. A slope is off by its own rounding.
static siam_reference_network *expect(const trial *t, float *dy) {
  siam_reference_network *reference = siam_reference_network_create(t->network, t->system->images, true);
  size_t last = t->network->count, outputs = (size_t)t->system->images * (size_t)t->outputs;
  size_t inputs = (size_t)t->system->images * (size_t)t->system->features;
  for (size_t i = 0; i < inputs; i++) reference->values[0][i] = t->inputs[i];
  siam_reference_network_forward(reference);
  t->system->loss(t->inputs, find(t, "outputs", "")->values, t->system->images, t->outputs,
                  reference->slopes[last]);
  for (size_t i = 0; i < outputs; i++) {
    dy[i] = (float)reference->slopes[last][i];
    reference->slope_errors[last][i] = fabs(reference->slopes[last][i] - dy[i]);
  }
  siam_reference_network_backward(reference);
  siam_reference_network_bound(reference, 0);
  return reference;
}

static void check_gradients(trial *t, const siam_reference_network *reference, double more) {
  for (size_t p = 0; p < t->parameters; p++) {
    siam_parameter_info info = parameter(t, p);
    const record *exact = find(t, "gradient.", info.name);
    float found[MOST_NUMBERS];
    cr_assert_eq(exact->count, info.count);
    siam_test_ok(siam_network_read_gradient(t->network, info.name, found));
    for (size_t i = 0; i < info.count; i++)
      expect_near(t, exact->name, i, found[i], exact->values[i], more * reference->gradient_errors[p][i]);
  }
}

/// Outputs and every gradient, within the bounds of rounding.h about PyTorch's numbers.
static void check_first_pass(trial *t) {
  float y[MOST_NUMBERS], dy[MOST_NUMBERS];
  const record *exact = find(t, "outputs", "");
  siam_reference_network *reference = expect(t, dy);
  siam_test_ok(siam_network_clear_gradients(t->network));
  siam_test_ok(siam_network_forward(t->network, true, t->x, t->system->images, y));
  siam_test_ok(siam_network_backward(t->network, dy, NULL));
  for (size_t i = 0; i < exact->count; i++) {
    double bound = reference->value_errors[t->network->count][i];
    expect_near(t, exact->name, i, y[i], exact->values[i], bound);
    // The reference is held to the same numbers, to the digits of their sums.
    expect_near(t, "the reference", i, reference->values[t->network->count][i], exact->values[i], 1e-13);
  }
  check_gradients(t, reference, 1);
  siam_reference_network_destroy(reference);
}

/// Both pictures of a pair one after the other: two products are added, each as good as the one of both.
static void check_two_passes(trial *t) {
  float dy[MOST_NUMBERS];
  int half = t->system->images / 2;
  siam_reference_network *reference = expect(t, dy);
  siam_test_ok(siam_network_clear_gradients(t->network));
  for (int branch = 0; branch < 2; branch++) {
    siam_test_ok(
        siam_network_forward(t->network, true, t->x + branch * half * t->system->features, half, NULL));
    siam_test_ok(siam_network_backward(t->network, dy + branch * half * t->outputs, NULL));
  }
  check_gradients(t, reference, 2);
  siam_reference_network_destroy(reference);
}

/// One step; gives its loss.
static double run_step(const trial *t, const siam_update_options *options) {
  float y[MOST_NUMBERS], dy[MOST_NUMBERS];
  double outputs[MOST_NUMBERS], slopes[MOST_NUMBERS];
  int count = t->system->images * t->outputs;
  siam_test_ok(siam_network_clear_gradients(t->network));
  siam_test_ok(siam_network_forward(t->network, true, t->x, t->system->images, y));
  for (int i = 0; i < count; i++) outputs[i] = y[i];
  double loss = t->system->loss(t->inputs, outputs, t->system->images, t->outputs, slopes);
  for (int i = 0; i < count; i++) dy[i] = (float)slopes[i];
  siam_test_ok(siam_network_backward(t->network, dy, NULL));
  siam_test_ok(siam_network_update(t->network, options));
  return loss;
}

/// Three steps. Ten times PyTorch's own stray are ten standard deviations of errors of the same kind; a
/// change cannot be told more finely than by the last digit of the weight, once a step.
static void check_steps(trial *t, const siam_update_options *options) {
  char kind[32];
  float before[8][MOST_NUMBERS], after[MOST_NUMBERS];
  write_first_values(t);
  for (size_t p = 0; p < t->parameters; p++)
    siam_test_ok(siam_network_read(t->network, parameter(t, p).name, before[p]));
  snprintf(kind, sizeof kind, "%s.losses", options->optimizer);
  const record *losses = find(t, kind, "");
  for (size_t step = 0; step < STEPS; step++)
    expect_near(t, losses->name, step, run_step(t, options), losses->values[step], 10 * losses->stray);
  snprintf(kind, sizeof kind, "%s.change.", options->optimizer);
  for (size_t p = 0; p < t->parameters; p++) {
    const siam_parameter_info info = parameter(t, p);
    const record *exact = find(t, kind, info.name);
    siam_test_ok(siam_network_read(t->network, info.name, after));
    for (size_t i = 0; i < info.count; i++)
      expect_near(t, exact->name, i, (double)after[i] - before[p][i], exact->values[i],
                  10 * exact->stray + STEPS * 0x1p-24 * fabs(after[i]));
  }
}

static void check_system(const char *name) {
  static const siam_update_options sgd = {
      .optimizer = "sgd", .rate = 0.05F, .momentum = 0.9F, .weight_decay = 0.01F};
  static const siam_update_options adamw = {
      .optimizer = "adamw", .rate = 0.001F, .momentum = 0.9F, .weight_decay = 0.1F};
  golden *g = load();
  const lesson_system *found = systems;
  while (strcmp(found->name, name) != 0) found++;
  trial t = begin(found, g);
  check_first_pass(&t);
  if (found->loss == contrastive) check_two_passes(&t);
  check_steps(&t, &sgd);
  check_steps(&t, &adamw);
  cr_log_info("%s: largest difference: %.2f of its bound", name, t.worst);
  siam_network_destroy(t.network);
  free(g);
}

Test(golden_systems, a_standard_autoencoder_trains_as_in_pytorch) {
  check_system("standard");
}
Test(golden_systems, a_tied_autoencoder_trains_as_in_pytorch) {
  check_system("tied");
}
Test(golden_systems, shared_linear_layers_train_as_in_pytorch) {
  check_system("shared");
}
Test(golden_systems, tied_embeddings_train_as_in_pytorch) {
  check_system("embedding");
}
Test(golden_systems, a_siamese_encoder_trains_as_in_pytorch_in_one_pass_and_in_two) {
  check_system("siamese");
}
