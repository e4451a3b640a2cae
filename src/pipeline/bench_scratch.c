// What rows need beside memory: models, a folder of their own, and pictures in it.
#include "base/file.h"
#include "base/memory.h"
#include "base/random.h"
#include "data/encode_jpeg.h"
#include "data/encode_png.h"
#include "pipeline/bench.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <webp/encode.h>

siam_status siam_bench_model(siam_bench *bench, size_t encoder, siam_model **model) {
  siam_bench_encoder *own = &bench->encoders[encoder];
  if (own->model == NULL) {
    const siam_model_options options = {.encoder = own->name};
    SIAM_RETURN_IF_FAILED(siam_model_create(bench->device, &options, &own->model));
  }
  *model = own->model;
  return SIAM_OK;
}

siam_status siam_bench_scratch(siam_bench *bench, const char **folder) {
  if (bench->scratch == NULL) {
    const char *base = getenv("TMPDIR");
    siam_text path = {0};
    siam_text_add(&path, "%s/siamese-bench-XXXXXX", base != NULL && base[0] != '\0' ? base : "/tmp");
    SIAM_RETURN_IF_FAILED(siam_text_status(&path));
    if (mkdtemp(path.bytes) == NULL) {
      const siam_status status = siam_fail(SIAM_ERROR_FILE, "%s: cannot make a folder for pictures: %s",
                                           path.bytes, strerror(errno));
      siam_text_clear(&path);
      return status;
    }
    bench->scratch = path.bytes;
  }
  *folder = bench->scratch;
  return SIAM_OK;
}

void siam_bench_remove_scratch(siam_bench *bench) {
  DIR *folder = bench->scratch != NULL ? opendir(bench->scratch) : NULL;
  if (folder != NULL) {
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder))
      (void)unlinkat(dirfd(folder), entry->d_name, 0);
    closedir(folder);
    (void)rmdir(bench->scratch);
  }
  siam_free(bench->scratch);
  bench->scratch = NULL;
}

siam_status siam_bench_place(siam_bench *bench, const char *name, siam_text *path) {
  const char *folder = NULL;
  SIAM_RETURN_IF_FAILED(siam_bench_scratch(bench, &folder));
  siam_text_add(path, "%s/%s", folder, name);
  return siam_text_status(path);
}

/// Soft shapes with a little noise: codecs find in it about as much to do as in a photograph.
static void draw(uint8_t *pixels, int side, uint32_t number) {
  for (int y = 0; y < side; y++)
    for (int x = 0; x < side; x++)
      for (int c = 0; c < 3; c++) {
        const size_t at = ((size_t)y * (size_t)side + (size_t)x) * 3 + (size_t)c;
        const siam_draw draw = siam_random(number, SIAM_STREAM_INITIALISE, 0, at);
        const double across = x * (0.03 + 0.01 * c) + number, down = y * (0.05 - 0.01 * c);
        pixels[at] = (uint8_t)(128 + 60 * sin(across) * cos(down) + 50 * sin(0.1 * (across + y)) +
                               8 * (double)siam_uniform(draw.word[0]));
      }
}

static siam_status encode_webp(const uint8_t *pixels, int side, siam_text *file) {
  uint8_t *webp = NULL;
  const size_t count = WebPEncodeRGB(pixels, side, side, 3 * side, 85, &webp);
  siam_text_add_bytes(file, (const char *)webp, count);
  WebPFree(webp);
  if (count == 0) return siam_fail(SIAM_ERROR_MEMORY, "libwebp could not pack a picture");
  return siam_text_status(file);
}

static siam_status encode(const char *path, const uint8_t *pixels, int side, siam_text *file) {
  const char *ending = strrchr(path, '.');
  const uint32_t size = (uint32_t)side;
  if (strcmp(ending, ".png") == 0) return siam_png_encode(pixels, size, size, 3, file);
  if (strcmp(ending, ".jpg") == 0) return siam_jpeg_encode(pixels, size, size, 90, file);
  return encode_webp(pixels, side, file);
}

siam_status siam_bench_write_picture(const char *path, int side, uint32_t number) {
  siam_status status = SIAM_OK;
  uint8_t *pixels = NULL;
  siam_text file = {0};
  SIAM_TRY_ALLOCATE(pixels, (size_t)side * (size_t)side * 3);
  draw(pixels, side, number);
  SIAM_TRY(encode(path, pixels, side, &file));
  SIAM_TRY(siam_file_replace(path, file.bytes, file.length));
cleanup:
  siam_free(pixels);
  siam_text_clear(&file);
  return status;
}

siam_status siam_bench_write_pair(siam_bench *bench, siam_text *a, siam_text *b) {
  enum { SIDE = 105 }; // Of Omniglot's pictures.
  SIAM_RETURN_IF_FAILED(siam_bench_place(bench, "a.png", a));
  SIAM_RETURN_IF_FAILED(siam_bench_place(bench, "b.png", b));
  SIAM_RETURN_IF_FAILED(siam_bench_write_picture(a->bytes, SIDE, 0));
  return siam_bench_write_picture(b->bytes, SIDE, 1);
}
