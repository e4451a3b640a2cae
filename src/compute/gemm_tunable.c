// Matrix products for the tuner: CLBlast, and the ways in which the tile kernels can divide their work.
#include "compute/gemm_engines.h"

#include <stdio.h>
#include <string.h>

enum { TRANSPOSE_A, TRANSPOSE_B, M, N, K, ADDS };

/// Seven programs, for building them is most of the time that tuning takes.
static const siam_gemm_variant variants[] = {
    {1, 256, 432}, {2, 256, 432}, {3, 192, 432}, {4, 128, 432}, {2, 128, 432}, {3, 128, 432},  {4, 64, 432},
    {2, 256, 96},  {3, 192, 96},  {4, 128, 96},  {3, 128, 96},  {4, 128, 216}, {4, 128, 1024},
};
enum { VARIANTS = sizeof variants / sizeof *variants };

/// Candidates of CPUs: the standard way first, the tile kernel's variants, CLBlast.
static bool write_cpu(const siam_device *device, size_t index, char choice[SIAM_TUNING_CHOICE_SIZE],
                      siam_gemm_way *way) {
  *way = (siam_gemm_way){.engine = SIAM_GEMM_TILE};
  snprintf(choice, SIAM_TUNING_CHOICE_SIZE, "tile");
  if (index == 0) return true;
  for (size_t i = 0; i < VARIANTS; i++) {
    if (!siam_gemm_variant_fits(device, &variants[i]) || --index > 0) continue;
    way->tile = variants[i];
    snprintf(choice, SIAM_TUNING_CHOICE_SIZE, "tile vectors=%d depth=%d rows=%d", variants[i].vectors,
             variants[i].depth, variants[i].rows);
    return true;
  }
  way->engine = SIAM_GEMM_CLBLAST;
  snprintf(choice, SIAM_TUNING_CHOICE_SIZE, "clblast");
  return index == 1;
}

/// Candidates of other devices: CLBlast first, the tiles in local memory.
static bool write_gpu(const siam_device *device, size_t index, char choice[SIAM_TUNING_CHOICE_SIZE],
                      siam_gemm_way *way) {
  const siam_local_tile *tile = NULL;
  *way = (siam_gemm_way){.engine = SIAM_GEMM_CLBLAST};
  snprintf(choice, SIAM_TUNING_CHOICE_SIZE, "clblast");
  for (size_t i = 0; index > 0; i++) {
    tile = siam_local_tile_at(i);
    if (tile == NULL) return false;
    if (siam_local_tile_fits(device, tile, 0)) index--;
  }
  if (tile == NULL) return true;
  way->engine = SIAM_GEMM_LOCAL;
  way->local = *tile;
  char text[SIAM_LOCAL_TILE_TEXT_SIZE];
  siam_local_tile_write(tile, text);
  snprintf(choice, SIAM_TUNING_CHOICE_SIZE, "local %s", text);
  return true;
}

/// The text of candidate number `index` of any product on the device; false past the last. `way` gets what it
/// means.
static bool write_choice(const siam_device *device, size_t index, char choice[SIAM_TUNING_CHOICE_SIZE],
                         siam_gemm_way *way) {
  return (device->traits.is_cpu ? write_cpu : write_gpu)(device, index, choice, way);
}

static bool candidate(const siam_device *device, const siam_tunable *tunable, size_t index,
                      char choice[SIAM_TUNING_CHOICE_SIZE]) {
  (void)tunable;
  siam_gemm_way way;
  return write_choice(device, index, choice, &way);
}

bool siam_gemm_read_choice(const siam_device *device, const char *choice, siam_gemm_way *way) {
  char known[SIAM_TUNING_CHOICE_SIZE];
  for (size_t i = 0; write_choice(device, i, known, way); i++)
    if (strcmp(known, choice) == 0) return true;
  return false;
}

/// The product that a tunable stands for, with rows without gaps.
static siam_gemm gemm_of(const siam_tunable *tunable) {
  const int *s = tunable->sizes;
  return (siam_gemm){.transpose_a = s[TRANSPOSE_A] != 0,
                     .transpose_b = s[TRANSPOSE_B] != 0,
                     .m = s[M],
                     .n = s[N],
                     .k = s[K],
                     .beta = s[ADDS] != 0 ? 1 : 0,
                     .lda = s[TRANSPOSE_A] != 0 ? s[M] : s[K],
                     .ldb = s[TRANSPOSE_B] != 0 ? s[K] : s[N],
                     .ldc = s[N]};
}

static siam_status add(siam_tape *tape, const siam_tunable *tunable, const char *choice, siam_view a,
                       siam_view b, siam_view out) {
  siam_gemm gemm = gemm_of(tunable);
  gemm.a = a;
  gemm.b = b;
  gemm.c = out;
  siam_gemm_way way;
  if (!siam_gemm_read_choice(siam_tape_device(tape), choice, &way))
    return siam_fail(SIAM_ERROR_ARGUMENT, "%s: '%s' cannot do it", tunable->name, choice);
  return siam_gemm_add_as(tape, &gemm, &way);
}

static double expect(const siam_tunable *tunable, const float *a, const float *b, float before,
                     size_t index) {
  const siam_gemm gemm = gemm_of(tunable);
  const size_t i = index / (size_t)gemm.n, j = index % (size_t)gemm.n;
  const size_t lda = (size_t)gemm.lda, ldb = (size_t)gemm.ldb;
  double sum = tunable->adds ? (double)before : 0;
  for (size_t l = 0; l < (size_t)gemm.k; l++)
    sum += (double)a[gemm.transpose_a ? l * lda + i : i * lda + l] *
           (double)b[gemm.transpose_b ? j * ldb + l : l * ldb + j];
  return sum;
}

void siam_gemm_tunable(const siam_gemm *gemm, siam_tunable *tunable) {
  static const siam_tunable_type type = {.candidate = candidate, .add = add, .expect = expect};
  const size_t m = (size_t)gemm->m, n = (size_t)gemm->n, k = (size_t)gemm->k;
  const bool adds = gemm->beta != 0;
  *tunable = (siam_tunable){.type = &type,
                            .sizes = {gemm->transpose_a, gemm->transpose_b, gemm->m, gemm->n, gemm->k, adds},
                            .a_count = m * k,
                            .b_count = k * n,
                            .out_count = m * n,
                            .terms = gemm->k,
                            .adds = adds};
  snprintf(tunable->name, sizeof tunable->name, "gemm %c%c %dx%dx%d%s", gemm->transpose_a ? 't' : 'n',
           gemm->transpose_b ? 't' : 'n', gemm->m, gemm->n, gemm->k, adds ? " added" : "");
}
