// Times decoding of PNG files by our reader, libpng and libspng, by turns:
//
//   peer_png LIBPNG LIBSPNG FILE…        such as libpng16.so.16 libspng.so.0; "-" leaves one out
//
// prints for each file the microseconds of one decoding to 8-bit samples in memory, all three, and how many
// times as fast as ours each of the libraries is: medians of samples by turns. All check the files'
// checksums.
#include "data/picture.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SAMPLES = 15 };

/// libpng's simplified interface (libpng-manual.txt, section "The simplified API").
typedef struct png_image {
  void *opaque;
  uint32_t version, width, height, format, flags, colormap_entries, warning_or_error;
  char message[64];
} png_image;

static struct {
  int (*begin)(png_image *image, const void *bytes, size_t count);
  int (*finish)(png_image *image, const void *background, void *buffer, int32_t stride, void *colormap);
} libpng;

static struct {
  void *(*create)(int flags);
  void (*destroy)(void *context);
  int (*set_buffer)(void *context, const void *bytes, size_t count);
  int (*get_size)(void *context, int format, size_t *size);
  int (*decode)(void *context, void *bytes, size_t count, int format, int flags);
} spng;

typedef struct file {
  uint8_t *bytes;
  size_t count;
  uint32_t channels;
} file;

static bool by_ours(const file *png) {
  siam_picture picture;
  const bool whole = siam_picture_decode("file", png->bytes, png->count, NULL, &picture) == SIAM_OK;
  siam_picture_clear(&picture);
  return whole;
}

static bool by_libpng(const file *png) {
  enum { VERSION = 1, COLOUR = 2 };
  png_image image = {.version = VERSION};
  if (!libpng.begin(&image, png->bytes, png->count)) return false;
  image.format = png->channels == 3 ? COLOUR : 0;
  void *pixels = malloc((size_t)image.width * image.height * png->channels);
  const bool whole = libpng.finish(&image, NULL, pixels, 0, NULL) != 0;
  free(pixels);
  return whole;
}

static bool by_spng(const file *png) {
  enum { RGB8 = 4, G8 = 64 };
  const int format = png->channels == 3 ? RGB8 : G8;
  void *context = spng.create(0);
  size_t size = 0;
  bool whole =
      spng.set_buffer(context, png->bytes, png->count) == 0 && spng.get_size(context, format, &size) == 0;
  void *pixels = malloc(size);
  whole = whole && spng.decode(context, pixels, size, format, 0) == 0;
  free(pixels);
  spng.destroy(context);
  return whole;
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/// Seconds of one decoding; below 0 where the file is refused.
static double measure(bool (*decode)(const file *png), const file *png, long calls) {
  const double begun = seconds();
  for (long i = 0; i < calls; i++)
    if (!decode(png)) return -1;
  return (seconds() - begun) / (double)calls;
}

static double median(double *numbers) {
  qsort(numbers, SAMPLES, sizeof *numbers, ascending);
  return numbers[SAMPLES / 2];
}

static void compare(const char *path, const file *png) {
  bool (*const decoders[3])(const file *png) = {by_ours, libpng.begin != NULL ? by_libpng : NULL,
                                                spng.create != NULL ? by_spng : NULL};
  double samples[3][SAMPLES] = {{0}}, ratios[3][SAMPLES] = {{0}};
  const double once = measure(by_ours, png, 3);
  const long calls = once < 0.01 ? (long)(0.01 / once) + 1 : 1;
  for (int s = 0; s < SAMPLES; s++)
    for (int d = 0; d < 3; d++) {
      if (decoders[d] == NULL) continue;
      samples[d][s] = measure(decoders[d], png, calls);
      ratios[d][s] = samples[0][s] / samples[d][s];
    }
  printf("%s: ours %.1f µs", path, 1e6 * median(samples[0]));
  for (int d = 1; d < 3; d++)
    if (decoders[d] != NULL)
      printf(", %s %.1f µs (%.2f times as fast)", d == 1 ? "libpng" : "libspng", 1e6 * median(samples[d]),
             median(ratios[d]));
  putchar('\n');
}

static void *open_library(const char *name) {
  void *library = strcmp(name, "-") != 0 ? dlopen(name, RTLD_NOW) : NULL;
  if (library == NULL && strcmp(name, "-") != 0) {
    fprintf(stderr, "%s\n", dlerror());
    exit(2);
  }
  return library;
}

/// Functions come as data pointers from dlsym().
static void find(void *library, const char *name, void *function) {
  void *found = library != NULL ? dlsym(library, name) : NULL;
  memcpy(function, &found, sizeof found);
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: peer_png LIBPNG LIBSPNG FILE…\n");
    return 2;
  }
  void *png_library = open_library(argv[1]), *spng_library = open_library(argv[2]);
  find(png_library, "png_image_begin_read_from_memory", &libpng.begin);
  find(png_library, "png_image_finish_read", &libpng.finish);
  find(spng_library, "spng_ctx_new", &spng.create);
  find(spng_library, "spng_ctx_free", &spng.destroy);
  find(spng_library, "spng_set_png_buffer", &spng.set_buffer);
  find(spng_library, "spng_decoded_image_size", &spng.get_size);
  find(spng_library, "spng_decode_image", &spng.decode);
  for (int i = 3; i < argc; i++) {
    file png = {0};
    siam_picture picture;
    if (siam_picture_read_file(argv[i], NULL, &png.bytes, &png.count) != SIAM_OK ||
        siam_picture_decode(argv[i], png.bytes, png.count, NULL, &picture) != SIAM_OK) {
      fprintf(stderr, "%s\n", siam_last_error());
      return 2;
    }
    png.channels = picture.channels;
    siam_picture_clear(&picture);
    compare(argv[i], &png);
    free(png.bytes);
  }
  return 0;
}
