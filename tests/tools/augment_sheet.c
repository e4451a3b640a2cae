/// Draws a contact sheet: what augmentation makes of pictures, for a human to look at. A row for each
/// picture, first as it is, then as sixteen steps see it.
///
///   augment_sheet OUT.png AUGMENT SIZE PICTURE...
///   augment_sheet sheet.png characters,rotation=20 28 a.png b.png
///
/// AUGMENT is what siam_augment_parse() reads; every picture is stretched to SIZE × SIZE.
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#include <stb/stb_image_write.h>
#pragma GCC diagnostic pop

#include "base/memory.h"
#include "compute/augment.h"
#include "compute/pixels.h"
#include "data/resample.h"

#include <stdio.h>
#include <stdlib.h>

enum { VARIANTS = 16, GAP = 2, LEAST_SHOWN = 84 };

typedef struct contact_sheet {
  siam_augment_shape shape;
  size_t values;   ///< Of one picture.
  uint8_t *pixels; ///< [pictures, H, W, C]
  int pictures;
  int zoom, width, height;
  uint8_t *out; ///< [height, width, C]
} contact_sheet;

static siam_status load(contact_sheet *sheet, int size, char **paths) {
  siam_status status = SIAM_OK;
  siam_picture_shape target = {
      .height = (uint32_t)size, .width = (uint32_t)size, .channels = 3, .mode = SIAM_RESIZE_STRETCH};
  sheet->shape = (siam_augment_shape){.height = size, .width = size, .channels = 3};
  sheet->values = siam_picture_shape_bytes(&target);
  SIAM_TRY_ALLOCATE(sheet->pixels, (size_t)sheet->pictures * sheet->values);
  double sums[3] = {0};
  for (int i = 0; i < sheet->pictures; i++) {
    uint8_t *picture = sheet->pixels + (size_t)i * sheet->values;
    SIAM_TRY(siam_picture_load_resized(paths[i], NULL, &target, picture));
    for (size_t k = 0; k < sheet->values; k++) sums[k % 3] += picture[k];
  }
  for (int c = 0; c < 3; c++)
    sheet->shape.mean[c] = (float)(sums[c] * 3 / 255 / (double)sheet->values / sheet->pictures);
  sheet->zoom = size < LEAST_SHOWN ? LEAST_SHOWN / size : 1;
  int cell = size * sheet->zoom + GAP;
  sheet->width = (VARIANTS + 1) * cell + GAP;
  sheet->height = sheet->pictures * cell + GAP;
  SIAM_TRY_ALLOCATE(sheet->out, (size_t)sheet->width * (size_t)sheet->height * 3);
cleanup:
  return status;
}

static void paint(contact_sheet *sheet, int row, int column, const float *values) {
  int size = sheet->shape.width, cell = size * sheet->zoom + GAP;
  for (int y = 0; y < size * sheet->zoom; y++)
    for (int x = 0; x < size * sheet->zoom; x++)
      for (int c = 0; c < 3; c++) {
        float value = values[(y / sheet->zoom * size + x / sheet->zoom) * 3 + c] + sheet->shape.mean[c];
        value = value < 0 ? 0 : value > 1 ? 1 : value;
        size_t at = (size_t)(row * cell + GAP + y) * (size_t)sheet->width + (size_t)(column * cell + GAP + x);
        sheet->out[at * 3 + (size_t)c] = (uint8_t)(value * 255 + 0.5F);
      }
}

/// Fills `count` columns, from `column` on, of one row.
static siam_status fill(contact_sheet *sheet, siam_device *device, const siam_augment_options *options,
                        cl_mem stored, int row, int column, int count) {
  siam_status status = SIAM_OK;
  siam_tape *tape = NULL;
  cl_mem order = NULL, clock = NULL;
  float *result = NULL;
  int32_t indices[VARIANTS];
  const uint32_t words[3] = {(uint32_t)row + 1, 1, 0};
  for (int i = 0; i < VARIANTS; i++) indices[i] = row;
  siam_augment_shape shape = sheet->shape;
  shape.images = count;
  SIAM_TRY_ALLOCATE(result, (size_t)count * sheet->values);
  SIAM_TRY(siam_pixels_create(device, sizeof indices, 1, &order));
  SIAM_TRY(siam_pixels_write(device, order, 0, sizeof indices, 1, (const uint8_t *)indices));
  SIAM_TRY(siam_pixels_create(device, sizeof words, 1, &clock));
  SIAM_TRY(siam_pixels_write(device, clock, 0, sizeof words, 1, (const uint8_t *)words));
  SIAM_TRY(siam_tape_create(device, &tape));
  siam_view y = siam_tape_lasting(tape, (size_t)count * sheet->values);
  SIAM_TRY(siam_augment_add(tape, options, &shape, stored, order, clock, y));
  SIAM_TRY(siam_tape_seal(tape));
  SIAM_TRY(siam_tape_run(tape));
  siam_place place = siam_tape_place(tape, y);
  SIAM_TRY(siam_buffer_read(device, place.buffer, place.first, y.count, result));
  for (int i = 0; i < count; i++) paint(sheet, row, column + i, result + (size_t)i * sheet->values);
cleanup:
  siam_tape_destroy(tape);
  if (order != NULL) clReleaseMemObject(order);
  if (clock != NULL) clReleaseMemObject(clock);
  siam_free(result);
  return status;
}

static siam_status draw(contact_sheet *sheet, const char *path, const siam_augment_options *options) {
  siam_status status = SIAM_OK;
  siam_device *device = NULL;
  cl_mem stored = NULL;
  size_t count = (size_t)sheet->pictures;
  SIAM_TRY(siam_device_create(NULL, &device));
  SIAM_TRY(siam_pixels_create(device, count, sheet->values, &stored));
  SIAM_TRY(siam_pixels_write(device, stored, 0, count, sheet->values, sheet->pixels));
  for (int row = 0; row < sheet->pictures; row++) {
    SIAM_TRY(fill(sheet, device, NULL, stored, row, 0, 1));
    SIAM_TRY(fill(sheet, device, options, stored, row, 1, VARIANTS));
  }
  if (stbi_write_png(path, sheet->width, sheet->height, 3, sheet->out, 0) == 0)
    status = siam_fail(SIAM_ERROR_FILE, "%s: could not be written", path);
cleanup:
  if (stored != NULL) clReleaseMemObject(stored);
  siam_device_destroy(device);
  return status;
}

int main(int argc, char **argv) {
  if (argc < 5) {
    fprintf(stderr, "usage: augment_sheet OUT.png AUGMENT SIZE PICTURE...\n");
    return 2;
  }
  siam_augment_options options;
  contact_sheet sheet = {.pictures = argc - 4};
  siam_status status = siam_augment_parse(argv[2], &options);
  if (status == SIAM_OK) status = load(&sheet, (int)strtol(argv[3], NULL, 10), argv + 4);
  if (status == SIAM_OK) status = draw(&sheet, argv[1], &options);
  if (status != SIAM_OK) fprintf(stderr, "augment_sheet: %s\n", siam_last_error());
  siam_free(sheet.pixels);
  siam_free(sheet.out);
  return status == SIAM_OK ? 0 : 2;
}
