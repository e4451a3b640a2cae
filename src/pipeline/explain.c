#include "base/file.h"
#include "base/memory.h"
#include "base/outputs.h"
#include "data/encode_png.h"
#include "pipeline/comparer.h"
#include "pipeline/occlusion.h"

#include <math.h>
#include <string.h>

/// Pixels of the drawing: at least so many along a picture's longer side, and between the two pictures.
enum { SIDE = 320, GAP = 16, PAPER = 205 };

/// Both pictures as the network sees them, with their heat maps.
typedef struct explainer {
  siam_picture_shape shape;
  size_t size, pixels;
  uint8_t *bytes[2];
  double *heat[2];
  uint32_t scale;
} explainer;

static siam_telling_place find_place(const explainer *of, int which, double sign) {
  size_t best = 0;
  for (size_t i = 1; i < of->pixels; i++)
    if (sign * of->heat[which][i] > sign * of->heat[which][best]) best = i;
  return (siam_telling_place){(uint32_t)(best % of->shape.width), (uint32_t)(best / of->shape.width),
                              of->heat[which][best]};
}

/// One pixel: the picture in pale grey, under the colour of its heat, which both pictures share a scale for.
static void paint(const explainer *of, int which, size_t pixel, double strongest, uint8_t *colour) {
  static const double speaks_for[3] = {11, 140, 110}, speaks_against[3] = {222, 84, 16};
  const uint8_t *value = of->bytes[which] + pixel * of->shape.channels;
  double heat = strongest > 0 ? of->heat[which][pixel] / strongest : 0;
  const double *tint = heat > 0 ? speaks_for : speaks_against;
  double share = 0.75 * fmin(1, fabs(heat));
  for (int c = 0; c < 3; c++) {
    double pale = 255 - 0.75 * (255 - value[of->shape.channels == 3 ? c : 0]);
    // Multiplied, so that dark strokes stay visible under the colour.
    double tinted = pale * (1 - share) + share * tint[c] * (0.35 + 0.65 * pale / 255);
    colour[c] = (uint8_t)lround(tinted);
  }
}

static siam_status write_picture(const explainer *of, const char *output) {
  siam_status status = SIAM_OK;
  uint32_t height = of->shape.height * of->scale, width = of->shape.width * of->scale;
  uint32_t whole = 2 * width + GAP;
  double strongest = 0;
  siam_text png = {0};
  uint8_t *canvas = NULL;
  for (int which = 0; which < 2; which++)
    for (size_t i = 0; i < of->pixels; i++) strongest = fmax(strongest, fabs(of->heat[which][i]));
  SIAM_TRY_ALLOCATE(canvas, (size_t)whole * height * 3);
  memset(canvas, PAPER, (size_t)whole * height * 3);
  for (int which = 0; which < 2; which++)
    for (uint32_t y = 0; y < height; y++)
      for (uint32_t x = 0; x < width; x++)
        paint(of, which, (size_t)(y / of->scale) * of->shape.width + x / of->scale, strongest,
              canvas + ((size_t)y * whole + x + (which == 1 ? width + GAP : 0)) * 3);
  SIAM_TRY(siam_png_encode(canvas, whole, height, 3, &png));
  SIAM_TRY(siam_file_replace(output, png.bytes, png.length));
cleanup:
  siam_text_clear(&png);
  siam_free(canvas);
  return status;
}

static siam_status prepare(const siam_comparer *comparer, const char *const *paths, explainer *of) {
  siam_status status = SIAM_OK;
  of->shape = siam_model_picture_shape(comparer->model);
  of->size = siam_picture_shape_bytes(&of->shape);
  of->pixels = (size_t)of->shape.height * of->shape.width;
  uint32_t longer = of->shape.height > of->shape.width ? of->shape.height : of->shape.width;
  of->scale = (SIDE + longer - 1) / longer;
  for (int i = 0; i < 2; i++) {
    SIAM_TRY_ALLOCATE(of->bytes[i], of->size);
    SIAM_TRY_ALLOCATE(of->heat[i], of->pixels);
    SIAM_TRY(siam_picture_load_resized(paths[i], &comparer->picture, &of->shape, of->bytes[i]));
  }
cleanup:
  return status;
}

/// The drawing must not take the place of a picture that it explains.
static siam_status check_place(const char *a, const char *b, const char *output) {
  const char *const pictures[] = {a, b};
  SIAM_RETURN_IF_FAILED(siam_file_check_place(output));
  for (int i = 0; i < 2; i++)
    SIAM_RETURN_IF_FAILED(
        siam_outputs_check((siam_output[]){{pictures[i], "a picture"}, {output, "what explains it"}}, 2));
  return siam_file_check_kind(output, 1, "PNG", "PNG picture");
}

siam_status siam_explain(siam_comparer *comparer, const char *a, const char *b, const char *output,
                         siam_explanation *explanation) {
  siam_status status = SIAM_OK;
  explainer of = {0};
  SIAM_TRY(check_place(a, b, output));
  SIAM_TRY(siam_compare(comparer, a, b, &explanation->comparison));
  for (int i = 0; i < 2; i++)
    if (explanation->comparison.blank[i])
      SIAM_TRY(siam_fail(SIAM_ERROR_DATA, "%s: %s, so there is nothing to explain; name another picture",
                         i == 0 ? a : b, siam_blank_describe(explanation->comparison.blank[i])));
  SIAM_TRY(prepare(comparer, (const char *const[]){a, b}, &of));
  // Comparing left both embeddings behind, that of the whole first; each picture is covered before the other,
  // which stays as it is.
  for (int i = 0; i < 2; i++) {
    const float *other = comparer->looks + (i == 0 ? comparer->row : 0);
    SIAM_TRY(siam_occlusion_map(comparer->model, of.bytes[i], other, of.heat[i]));
    explanation->most_for[i] = find_place(&of, i, 1);
    explanation->most_against[i] = find_place(&of, i, -1);
  }
  SIAM_TRY(write_picture(&of, output));
cleanup:
  for (int i = 0; i < 2; i++) {
    siam_free(of.bytes[i]);
    siam_free(of.heat[i]);
  }
  return status;
}
