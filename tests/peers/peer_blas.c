// Times matrix products of a BLAS library on the shapes of siamese-bench, for speed.py:
//
//   peer_blas LIBRARY nn/256x256x256 tn/64x64x128 …
//
// prints a line "SHAPE SECONDS" for each: the median of five samples of 40 ms. tn adds to what is there, as
// weight gradients do. Symbols may carry the prefix of SciPy's wheels.
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef void (*sgemm_function)(int layout, int ta, int tb, int m, int n, int k, float alpha, const float *a,
                               int lda, const float *b, int ldb, float beta, float *c, int ldc);
typedef void (*threads_function)(int count);

enum { ROW_MAJOR = 101, PLAIN = 111, TRANSPOSED = 112, SAMPLES = 5 };

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static float *numbers(size_t count) {
  float *values = malloc(count * sizeof *values);
  if (values == NULL) exit(1);
  for (size_t i = 0; i < count; i++) values[i] = (float)(i % 17) / 17 - 0.5F;
  return values;
}

static void *find(void *library, const char *name) {
  char prefixed[64];
  void *found = dlsym(library, name);
  snprintf(prefixed, sizeof prefixed, "scipy_%s", name);
  return found != NULL ? found : dlsym(library, prefixed);
}

static double measure(sgemm_function sgemm, int ta, int tb, int m, int n, int k) {
  float *a = numbers((size_t)m * (size_t)k), *b = numbers((size_t)k * (size_t)n);
  float *c = numbers((size_t)m * (size_t)n);
  double samples[SAMPLES];
  long calls = 1;
  for (int s = -3; s < SAMPLES; s++) {
    const double begun = seconds();
    for (long i = 0; i < calls; i++)
      sgemm(ROW_MAJOR, ta ? TRANSPOSED : PLAIN, tb ? TRANSPOSED : PLAIN, m, n, k, 1, a, ta ? m : k, b,
            tb ? k : n, ta ? 1 : 0, c, n);
    const double each = (seconds() - begun) / (double)calls;
    if (s < 0)
      calls = each < 0.04 ? (long)(0.04 / each) + 1 : 1;
    else
      samples[s] = each;
  }
  qsort(samples, SAMPLES, sizeof *samples, ascending);
  free(a);
  free(b);
  free(c);
  return samples[SAMPLES / 2];
}

int main(int argc, char **argv) {
  void *library = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;
  sgemm_function sgemm = library != NULL ? (sgemm_function)find(library, "cblas_sgemm") : NULL;
  if (sgemm == NULL) {
    fprintf(stderr, "usage: peer_blas LIBRARY SHAPE…; the library must have cblas_sgemm\n");
    return 2;
  }
  threads_function set_threads = (threads_function)find(library, "openblas_set_num_threads");
  const char *threads = getenv("THREADS");
  if (set_threads != NULL && threads != NULL) set_threads(atoi(threads));
  for (int i = 2; i < argc; i++) {
    char ta, tb;
    int m, n, k;
    if (sscanf(argv[i], "%c%c/%dx%dx%d", &ta, &tb, &m, &n, &k) != 5) return 2;
    printf("%s %.9g\n", argv[i], measure(sgemm, ta == 't', tb == 't', m, n, k));
    fflush(stdout);
  }
  return 0;
}
