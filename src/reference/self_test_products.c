#include "compute/clblast_parameters.h"
#include "compute/conv_engines.h"
#include "compute/gemm_engines.h"
#include "device/tuning.h"
#include "reference/self_test_rows.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD = 16, MOST_ENGINES = 8, TURNS = 4, NUMBERS = 10 };

/// {m, n, k}: around the tiles' edges, long sums, skinny ones.
static const int gemm_edges[][3] = {{1, 1, 1},    {1, 17, 5},     {17, 1, 31},    {13, 65, 33},
                                    {64, 97, 70}, {20, 24, 1031}, {130, 10, 300}, {67, 129, 16}};

/// {images, height, width, channels, kernel_height, kernel_width, stride, pad_y, pad_x, filters}
static const int conv_edges[][10] = {
    {1, 1, 1, 1, 1, 1, 1, 0, 0, 1},     {2, 5, 7, 3, 3, 3, 1, 1, 1, 4},      {1, 9, 8, 17, 2, 2, 1, 0, 0, 33},
    {2, 9, 10, 6, 3, 3, 2, 1, 1, 18},   {1, 17, 12, 3, 10, 10, 1, 0, 0, 31}, {2, 8, 8, 16, 1, 1, 1, 0, 0, 20},
    {2, 13, 14, 33, 3, 3, 1, 1, 1, 65}, {1, 14, 11, 3, 5, 5, 3, 2, 2, 7},
};

/// The engine of a candidate: its first word.
static void engine_of(const char *choice, char word[WORD]) {
  snprintf(word, WORD, "%.*s", (int)strcspn(choice, " "), choice);
}

/// Finds the first way of a computation by an engine; false where the engine cannot do it.
static bool find_way(const siam_device *device, const siam_tunable *tunable, const char *engine,
                     char choice[SIAM_TUNING_CHOICE_SIZE]) {
  char word[WORD];
  for (size_t i = 0; tunable->type->candidate(device, tunable, i, choice); i++) {
    engine_of(choice, word);
    if (strcmp(word, engine) == 0) return true;
  }
  return false;
}

static siam_tunable gemm_tunable(int i, int form) {
  const int *size = gemm_edges[i];
  siam_gemm gemm = {.transpose_a = (form & 1) != 0,
                    .transpose_b = (form & 2) != 0,
                    .m = size[0],
                    .n = size[1],
                    .k = size[2],
                    .beta = (i + form) % 2 == 0 ? 1 : 0};
  siam_tunable tunable;
  siam_gemm_tunable(&gemm, &tunable);
  return tunable;
}

static siam_status conv_tunable(int i, int pass, siam_tunable *tunable) {
  const int *e = conv_edges[i];
  siam_conv conv = {.pass = (siam_conv_pass)pass,
                    .shape = {.images = e[0],
                              .height = e[1],
                              .width = e[2],
                              .channels = e[3],
                              .kernel_height = e[4],
                              .kernel_width = e[5],
                              .stride = e[6],
                              .pad_y = e[7],
                              .pad_x = e[8],
                              .filters = e[9]}};
  SIAM_RETURN_IF_FAILED(siam_conv_shape_complete(&conv.shape));
  siam_conv_tunable(&conv, tunable);
  return SIAM_OK;
}

/// An engine over all the edges that it can do.
static siam_status test_edges(siam_self_test_run *test, const char *door, const char *engine,
                              const siam_tunable *tunables, size_t count) {
  siam_self_test_row *row = NULL;
  bool reached = false;
  siam_product_result result = {0};
  siam_status status = SIAM_OK;
  char choice[SIAM_TUNING_CHOICE_SIZE];
  SIAM_RETURN_IF_FAILED(siam_self_test_begin(test, &row, &reached, "%s by %s, edges", door, engine));
  for (size_t i = 0; i < count && reached && status == SIAM_OK; i++)
    if (find_way(test->device, &tunables[i], engine, choice))
      status = siam_product_check(test->device, &tunables[i], choice, &result);
  if (reached) siam_self_test_end(test, row, status, &result);
  return status == SIAM_ERROR_MEMORY ? status : SIAM_OK;
}

/// Every engine that can do one of the computations.
static siam_status test_engines(siam_self_test_run *test, const char *door, const siam_tunable *tunables,
                                size_t count) {
  char seen[MOST_ENGINES][WORD], word[WORD], choice[SIAM_TUNING_CHOICE_SIZE];
  size_t engines = 0;
  for (size_t i = 0; i < count; i++)
    for (size_t k = 0; tunables[i].type->candidate(test->device, &tunables[i], k, choice); k++) {
      size_t known = 0;
      engine_of(choice, word);
      while (known < engines && strcmp(seen[known], word) != 0) known++;
      if (known < engines || engines == MOST_ENGINES) continue;
      snprintf(seen[engines++], WORD, "%s", word);
      SIAM_RETURN_IF_FAILED(test_edges(test, door, word, tunables, count));
    }
  return SIAM_OK;
}

/// The whole numbers that a text has, in order; how many, or 0 where they are too many or too large.
static size_t find_numbers(const char *text, int *numbers, size_t most) {
  size_t count = 0;
  while (*text != '\0') {
    if (!isdigit((unsigned char)*text)) {
      text++;
      continue;
    }
    char *end = NULL;
    const long number = strtol(text, &end, 10);
    if (count == most || number > INT_MAX) return 0;
    numbers[count++] = (int)number;
    text = end;
  }
  return count;
}

/// The computation that a name of the tuning cache stands for; false where it is none of this version.
static bool read_problem(const char *name, siam_tunable *tunable) {
  int n[NUMBERS] = {0};
  const size_t count = find_numbers(name, n, NUMBERS);
  if (count == 3 && strncmp(name, "gemm ", 5) == 0 && strlen(name) > 7) {
    const siam_gemm gemm = {.m = n[0],
                            .n = n[1],
                            .k = n[2],
                            .transpose_a = name[5] == 't',
                            .transpose_b = name[6] == 't',
                            .beta = strstr(name, " added") != NULL ? 1 : 0};
    siam_gemm_tunable(&gemm, tunable);
  } else if (count == NUMBERS && strncmp(name, "conv ", 5) == 0) {
    siam_conv conv = {.pass = strncmp(name + 5, "forward ", 8) == 0 ? SIAM_CONV_FORWARD
                              : strncmp(name + 5, "data ", 5) == 0  ? SIAM_CONV_BACKWARD_DATA
                                                                    : SIAM_CONV_BACKWARD_WEIGHT,
                      .shape = {.images = n[0],
                                .height = n[1],
                                .width = n[2],
                                .channels = n[3],
                                .kernel_height = n[4],
                                .kernel_width = n[5],
                                .filters = n[6],
                                .stride = n[7],
                                .pad_y = n[8],
                                .pad_x = n[9]}};
    if (siam_conv_shape_complete(&conv.shape) != SIAM_OK) return false;
    siam_conv_tunable(&conv, tunable);
  } else {
    return false;
  }
  return strcmp(tunable->name, name) == 0;
}

static void note_struck(siam_self_test_run *test, siam_self_test_row *row) {
  const size_t length = strlen(row->reason);
  snprintf(row->reason + length, sizeof row->reason - length, "; struck from what was tuned");
  test->report->struck++;
}

/// A way that tuning chose; struck from the cache where it is wrong. `struck`: another has taken its place.
static siam_status test_tuned(siam_self_test_run *test, const char *problem, const char *choice,
                              bool *struck) {
  siam_self_test_row *row = NULL;
  bool reached = false;
  siam_tunable tunable;
  siam_product_result result = {0};
  *struck = false;
  if (!read_problem(problem, &tunable)) return SIAM_OK;
  SIAM_RETURN_IF_FAILED(siam_self_test_begin(test, &row, &reached, "%s, tuned", problem));
  if (!reached) return SIAM_OK;
  const siam_status status = siam_product_check(test->device, &tunable, choice, &result);
  siam_self_test_end(test, row, status, &result);
  if (row->status == SIAM_SELF_TEST_PASSED) return SIAM_OK;
  SIAM_RETURN_IF_FAILED(siam_tuning_strike(test->device, tunable.name));
  note_struck(test, row);
  *struck = true;
  return SIAM_OK;
}

/// CLBlast's parameters, where tuning found others than its own. Where they are wrong, what was measured with
/// them is forgotten, too.
static siam_status test_clblast(siam_self_test_run *test, const siam_tunable *tunables, size_t count) {
  const siam_clblast_set *set = NULL;
  siam_self_test_row *row = NULL;
  siam_product_result result = {0};
  siam_status status = SIAM_OK;
  bool reached = false;
  if (!siam_clblast_kept(test->device, &set) || set == NULL) return SIAM_OK;
  SIAM_RETURN_IF_FAILED(siam_self_test_begin(test, &row, &reached, "CLBlast with %s, tuned", set->name));
  if (!reached) return SIAM_OK;
  for (size_t i = 0; i < count && status == SIAM_OK; i++)
    status = siam_product_check(test->device, &tunables[i], "clblast", &result);
  siam_self_test_end(test, row, status, &result);
  if (row->status == SIAM_SELF_TEST_PASSED) return SIAM_OK;
  SIAM_RETURN_IF_FAILED(siam_clblast_forget(test->device));
  note_struck(test, row);
  return siam_clblast_use(test->device, &siam_clblast_generic);
}

siam_status siam_self_test_products(siam_self_test_run *test) {
  enum { GEMMS = sizeof gemm_edges / sizeof *gemm_edges, CONVS = sizeof conv_edges / sizeof *conv_edges };
  static const char *const passes[] = {"convolution", "gradient of its input", "gradient of its filters"};
  siam_tunable tunables[GEMMS * TURNS];
  const char *problem = NULL, *choice = NULL;
  for (int i = 0; i < GEMMS * TURNS; i++) tunables[i] = gemm_tunable(i / TURNS, i % TURNS);
  SIAM_RETURN_IF_FAILED(test_clblast(test, tunables, (size_t)GEMMS * TURNS));
  for (size_t i = 0; siam_tuning_at(test->device, i, &problem, &choice);) {
    bool struck = false;
    SIAM_RETURN_IF_FAILED(test_tuned(test, problem, choice, &struck));
    i += !struck;
  }
  SIAM_RETURN_IF_FAILED(test_engines(test, "matrix product", tunables, (size_t)GEMMS * TURNS));
  for (int pass = 0; pass < 3; pass++) {
    for (int i = 0; i < CONVS; i++) SIAM_RETURN_IF_FAILED(conv_tunable(i, pass, &tunables[i]));
    SIAM_RETURN_IF_FAILED(test_engines(test, passes[pass], tunables, CONVS));
  }
  return SIAM_OK;
}
