/// What a model file keeps as JSON, calibration and, behind a '+', operating points: what is read is written
/// so that it reads back, and probabilities are probabilities.
#include "base/memory.h"
#include "pipeline/calibration.h"
#include "pipeline/operating_point.h"
#include "target.h"

#include <string.h>

static void read_calibration(const char *json) {
  siam_calibration calibration = {0}, again = {0};
  siam_text text = {0};
  if (siam_calibration_parse("input", json, &calibration) == SIAM_OK) {
    for (double distance = 0; distance <= 2; distance += 0.25) {
      double similarity = siam_calibration_evaluate(&calibration, distance);
      FUZZ_REQUIRE(similarity >= 0 && similarity <= 1);
    }
    FUZZ_REQUIRE(siam_calibration_write(&calibration, &text) == SIAM_OK);
    FUZZ_REQUIRE(siam_calibration_parse("written", text.bytes, &again) == SIAM_OK);
  }
  siam_calibration_clear(&calibration);
  siam_calibration_clear(&again);
  siam_text_clear(&text);
}

static void read_points(const char *json) {
  siam_operating_points points, again;
  siam_text text = {0};
  if (siam_operating_points_parse("input", json, &points) == SIAM_OK) {
    FUZZ_REQUIRE(points.count <= SIAM_OPERATING_POINTS);
    FUZZ_REQUIRE(siam_operating_points_write(&points, &text) == SIAM_OK);
    FUZZ_REQUIRE(siam_operating_points_parse("written", text.bytes, &again) == SIAM_OK);
    FUZZ_REQUIRE(points.count == again.count);
  }
  siam_text_clear(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  char *json = siam_allocate(count + 1, 1);
  if (json == NULL) return 0;
  if (count > 0) memcpy(json, bytes, count);
  if (json[0] == '+')
    read_points(json + 1);
  else
    read_calibration(json);
  siam_free(json);
  return 0;
}
