#include "base/memory.h"
#include "data/encode_png.h"
#include "data/resample.h"
#include "pipeline/report_parts.h"

#include <string.h>

static const uint32_t longest_side[SIAM_REPORT_SIZES] = {96, 40};

/// Brings a picture to a size without changing its aspect, and packs it. Small ones are not blown up.
static siam_status pack(const siam_picture *picture, uint32_t longest, siam_text *png) {
  siam_status status = SIAM_OK;
  siam_picture shrunk = {0};
  SIAM_TRY(siam_picture_shrink(picture, longest, picture->channels, &shrunk));
  SIAM_TRY(siam_png_encode(shrunk.pixels, shrunk.width, shrunk.height, shrunk.channels, png));
cleanup:
  siam_picture_clear(&shrunk);
  return status;
}

/// RFC 4648.
static void add_base64(const uint8_t *bytes, size_t count, siam_text *text) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < count; i += 3) {
    uint32_t left = (uint32_t)(count - i), word = (uint32_t)bytes[i] << 16;
    if (left > 1) word |= (uint32_t)bytes[i + 1] << 8;
    if (left > 2) word |= bytes[i + 2];
    char four[4] = {letters[word >> 18], letters[word >> 12 & 63], left > 1 ? letters[word >> 6 & 63] : '=',
                    left > 2 ? letters[word & 63] : '='};
    siam_text_add_bytes(text, four, sizeof four);
  }
}

siam_status siam_report_add_file(siam_report *report, const char *path, int size, json_t **place) {
  siam_status status = SIAM_OK;
  siam_picture picture = {0};
  siam_text png = {0}, uri = {0};
  const siam_picture_options decode = {.decoders = report->judgement->options->decoders};
  SIAM_TRY(siam_picture_load(path, &decode, &picture));
  SIAM_TRY(pack(&picture, longest_side[size], &png));
  siam_text_add(&uri, "data:image/png;base64,");
  add_base64((const uint8_t *)png.bytes, png.length, &uri);
  SIAM_TRY(siam_text_status(&uri));
  SIAM_TRY(siam_report_append(report->pictures, json_string(uri.bytes)));
  *place = json_integer((json_int_t)json_array_size(report->pictures) - 1);
cleanup:
  siam_picture_clear(&picture);
  siam_text_clear(&png);
  siam_text_clear(&uri);
  return status;
}

siam_status siam_report_add_picture(siam_report *report, uint32_t image, int size, json_t **place) {
  uint32_t *number = &report->numbers[size][image];
  if (*number > 0) {
    *place = json_integer(*number - 1);
    return SIAM_OK;
  }
  const char *path = siam_dataset_get_image_path(report->judgement->dataset, image);
  SIAM_RETURN_IF_FAILED(siam_report_add_file(report, path, size, place));
  *number = (uint32_t)json_array_size(report->pictures);
  return SIAM_OK;
}
