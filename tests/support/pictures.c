#include "pictures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char *siam_test_fixture(const char *name) {
  static _Thread_local char paths[8][1024];
  static _Thread_local unsigned turn;
  char *path = paths[turn++ % 8];
  snprintf(path, sizeof paths[0], "%s/tests/data/fixtures/%s", SIAMESE_SOURCE_DIR, name);
  return path;
}

static FILE *create(const char *path) {
  char folder[1024];
  snprintf(folder, sizeof folder, "%s", path);
  for (char *slash = strchr(folder + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    mkdir(folder, 0777);
    *slash = '/';
  }
  FILE *file = fopen(path, "wb");
  if (file == NULL) {
    perror(path);
    abort();
  }
  return file;
}

void siam_test_write(const char *path, const void *bytes, size_t count) {
  FILE *file = create(path);
  fwrite(bytes, 1, count, file);
  fclose(file);
}

void siam_test_write_pnm(const char *path, uint32_t width, uint32_t height, uint32_t channels,
                         const uint8_t *pixels) {
  FILE *file = create(path);
  fprintf(file, "P%c\n%u %u\n255\n", channels == 1 ? '5' : '6', width, height);
  fwrite(pixels, 1, (size_t)width * height * channels, file);
  fclose(file);
}

void siam_test_write_flat(const char *path, uint32_t size, uint8_t shade) {
  uint8_t *pixels = malloc((size_t)size * size);
  memset(pixels, shade, (size_t)size * size);
  siam_test_write_pnm(path, size, size, 1, pixels);
  free(pixels);
}

static void paint_landscape(const siam_test_landscape *landscape, double across, double down,
                            uint8_t *pixel) {
  const int kind = landscape->kind, percent = landscape->percent > 0 ? landscape->percent : 100;
  if (across < 0 || across >= 1 || down < 0 || down >= 1) {
    memset(pixel, 0, 3);
    return;
  }
  double hill = 0.5 + 0.25 * sin(across * (5 + 4 * kind) + kind) + 0.1 * cos(across * 17 * (1 + kind));
  pixel[0] = (uint8_t)((down > hill ? 60 + 90 * kind : 120 + 80 * down) * percent / 100);
  pixel[1] = (uint8_t)((down > hill ? 170 - 80 * kind : 170 + 50 * down) * percent / 100);
  pixel[2] = (uint8_t)((down > hill ? 50 : 230 - 60 * kind) * percent / 100);
}

void siam_test_write_landscape(const char *path, const siam_test_landscape *landscape) {
  const uint32_t side = landscape->side > 0 ? landscape->side : 200, cut = landscape->cut;
  const uint32_t left = side - 2 * cut;
  const double angle = landscape->degrees * acos(-1) / 180, sine = sin(angle), cosine = cos(angle);
  uint8_t *pixels = malloc((size_t)left * left * 3), *pixel = pixels;
  for (uint32_t y = cut; y < side - cut; y++)
    for (uint32_t x = cut; x < side - cut; x++, pixel += 3) {
      double across = (double)(landscape->mirrored ? side - 1 - x : x) / side, down = (double)y / side;
      if (angle != 0) {
        const double u = across - 0.5, v = down - 0.5;
        across = 0.5 + cosine * u - sine * v;
        down = 0.5 + sine * u + cosine * v;
      }
      paint_landscape(landscape, across, down, pixel);
    }
  siam_test_write_pnm(path, left, left, 3, pixels);
  free(pixels);
}
