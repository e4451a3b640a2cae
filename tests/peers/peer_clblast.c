// Times matrix products of CLBlast on the shapes of siamese-bench, for speed.py, on the device that
// SIAMESE_DEVICE names:
//
//   peer_clblast default nn/256x256x256 tn/64x64x128 …       with the parameters that CLBlast comes with
//   peer_clblast SET nn/256x256x256 …                        with a set of overrides, by its number from 0
//
// prints a line "SHAPE SECONDS" for each, the median of five samples of 40 ms; -1 where the product is
// refused or wrong, since overrides are not validated. Without shapes it prints how many sets there are. The
// matrices lie on the device; calls are queued one behind the other and waited for at the end, as on our
// tapes.
#include "device/device.h"

#include <clblast_c.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SAMPLES = 5, CHECKED = 64, PARAMETERS = 16 };

/// One work-item for each work-group, so that nothing waits at a barrier, and vectors of 16: what suits a
/// CPU. The first two are the best found for squares (they differ in the columns that a work-item owns), the
/// others for narrow results.
static const struct {
  size_t mwg, nwg, kwg, kwi, vwm, vwn;
} sets[] = {{32, 8, 1, 1, 16, 1}, {48, 8, 1, 1, 16, 1},  {16, 16, 1, 1, 16, 1},
            {32, 4, 1, 1, 16, 1}, {16, 8, 1, 1, 16, 1},  {16, 4, 1, 1, 16, 1},
            {64, 4, 1, 1, 16, 1}, {32, 12, 1, 1, 16, 1}, {64, 6, 1, 1, 16, 1}};
enum { SETS = sizeof sets / sizeof *sets };

static const char *const names[PARAMETERS] = {"GEMMK", "KREG", "KWG", "KWI", "MDIMA", "MDIMC", "MWG", "NDIMB",
                                              "NDIMC", "NWG",  "SA",  "SB",  "STRM",  "STRN",  "VWM", "VWN"};

static void fail(const char *words) {
  fprintf(stderr, "%s\n", words);
  exit(2);
}

static void override(const siam_device *device, size_t set) {
  const size_t values[PARAMETERS] = {
      0, 1, sets[set].kwg, sets[set].kwi, 1, 1, sets[set].mwg, 1, 1, sets[set].nwg, 0, 0,
      0, 0, sets[set].vwm, sets[set].vwn};
  const char *indirect = "XGEMM_MIN_INDIRECT_SIZE";
  const size_t never_direct = 0;
  if (CLBlastOverrideParameters(device->id, "Xgemm", CLBlastPrecisionSingle, PARAMETERS, (const char **)names,
                                values) != CLBlastSuccess ||
      CLBlastOverrideParameters(device->id, "GemmRoutine", CLBlastPrecisionSingle, 1, &indirect,
                                &never_direct) != CLBlastSuccess)
    fail("CLBlast does not take the parameters");
}

typedef struct product {
  size_t m, n, k;
  bool ta, tb;
  cl_mem a, b, c;
  float *host_a, *host_b;
} product;

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static float *fill(siam_device *device, size_t count, cl_mem *buffer) {
  float *values = malloc(count * sizeof *values);
  if (values == NULL) fail("out of memory");
  for (size_t i = 0; i < count; i++) values[i] = (float)(i * 2654435761U % 1021) / 1021 - 0.5F;
  if (siam_buffer_create(device, count, buffer) != SIAM_OK ||
      siam_buffer_write(device, *buffer, 0, count, values) != SIAM_OK)
    fail(siam_last_error());
  return values;
}

static bool multiply(siam_device *device, const product *of, float beta) {
  return CLBlastSgemm(CLBlastLayoutRowMajor, of->ta ? CLBlastTransposeYes : CLBlastTransposeNo,
                      of->tb ? CLBlastTransposeYes : CLBlastTransposeNo, of->m, of->n, of->k, 1, of->a, 0,
                      of->ta ? of->m : of->k, of->b, 0, of->tb ? of->k : of->n, beta, of->c, 0, of->n,
                      &device->queue, NULL) == CLBlastSuccess;
}

/// Whether some elements of the result are what they should be.
static bool is_right(siam_device *device, const product *of) {
  float *result = malloc(of->m * of->n * sizeof *result);
  bool right = result != NULL && siam_buffer_read(device, of->c, 0, of->m * of->n, result) == SIAM_OK;
  for (size_t i = 0; right && i < CHECKED; i++) {
    const size_t at = i * 7919 * 104729 % (of->m * of->n), row = at / of->n, column = at % of->n;
    double sum = 0, size = 0;
    for (size_t k = 0; k < of->k; k++) {
      const double a = of->host_a[of->ta ? k * of->m + row : row * of->k + k];
      const double b = of->host_b[of->tb ? column * of->k + k : k * of->n + column];
      sum += a * b;
      size += fabs(a * b);
    }
    right = fabs(result[at] - sum) <= (double)(of->k + 3) * 1.2e-7 * size + 1e-30;
  }
  free(result);
  return right;
}

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double measure(siam_device *device, const product *of) {
  double samples[SAMPLES];
  long calls = 1;
  if (!multiply(device, of, 0) || !is_right(device, of)) return -1;
  for (int s = -2; s < SAMPLES; s++) {
    const double begun = seconds();
    for (long i = 0; i < calls; i++)
      if (!multiply(device, of, of->ta ? 1 : 0)) return -1;
    clFinish(device->queue);
    const double each = (seconds() - begun) / (double)calls;
    if (s < 0)
      calls = each < 0.04 ? (long)(0.04 / each) + 1 : 1;
    else
      samples[s] = each;
  }
  qsort(samples, SAMPLES, sizeof *samples, ascending);
  return samples[SAMPLES / 2];
}

static void run(siam_device *device, const char *shape) {
  product of = {0};
  char ta, tb;
  if (sscanf(shape, "%c%c/%zux%zux%zu", &ta, &tb, &of.m, &of.n, &of.k) != 5) fail("not a shape");
  of.ta = ta == 't';
  of.tb = tb == 't';
  of.host_a = fill(device, of.m * of.k, &of.a);
  of.host_b = fill(device, of.k * of.n, &of.b);
  free(fill(device, of.m * of.n, &of.c));
  printf("%s %.9g\n", shape, measure(device, &of));
  fflush(stdout);
  clReleaseMemObject(of.a);
  clReleaseMemObject(of.b);
  clReleaseMemObject(of.c);
  free(of.host_a);
  free(of.host_b);
}

int main(int argc, char **argv) {
  siam_device *device = NULL;
  if (argc < 2) {
    printf("%d\n", (int)SETS);
    return 0;
  }
  if (siam_device_create(NULL, &device) != SIAM_OK) fail(siam_last_error());
  if (strcmp(argv[1], "default") != 0) {
    const unsigned long set = strtoul(argv[1], NULL, 10);
    if (set >= SETS) fail("no such set");
    override(device, set);
  }
  for (int i = 2; i < argc; i++) run(device, argv[i]);
  siam_device_destroy(device);
  return 0;
}
