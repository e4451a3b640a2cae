#include "base/file.h"
#include "base/hash.h"
#include "base/memory.h"
#include "model/default_model.h"
#include "model/model.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MOST_BYTES = 3000000 };

static void read_source(const char *name, uint8_t **bytes, size_t *count) {
  char path[1024];
  snprintf(path, sizeof path, "%s/%s", SIAMESE_SOURCE_DIR, name);
  cr_assert_eq(siam_file_read(path, 1 << 24, bytes, count), SIAM_OK, "%s", siam_last_error());
}

Test(default_model, is_the_file_of_the_sources_to_the_byte_and_small) {
  uint8_t *bytes = NULL;
  size_t count = 0;
  read_source("datasets/default-model/default.siamese", &bytes, &count);
  cr_assert_eq(siam_default_model_size, count);
  cr_assert_arr_eq(siam_default_model, bytes, count);
  cr_expect_leq(count, MOST_BYTES);
  siam_free(bytes);
}

Test(default_model, its_card_names_its_fingerprint) {
  char fingerprint[64];
  uint8_t *card = NULL;
  size_t count = 0;
  snprintf(fingerprint, sizeof fingerprint, "`xxh64:%016" PRIx64 "`",
           siam_hash_bytes(siam_default_model, siam_default_model_size));
  read_source("docs/default-model.md", &card, &count);
  cr_expect_not_null(memmem(card, count, fingerprint, strlen(fingerprint)),
                     "docs/default-model.md speaks of another model than %s", fingerprint);
  siam_free(card);
}

Test(default_model, loads_without_a_file_and_knows_its_thresholds_and_views) {
  siam_device *device = NULL;
  siam_model *model = NULL;
  cr_assert_eq(siam_device_create(NULL, &device), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_model_load_default(device, &model), SIAM_OK, "%s", siam_last_error());
  siam_model_info info = siam_model_get_info(model);
  cr_expect_eq(info.channels, 1);
  cr_expect_eq(info.resize, SIAM_RESIZE_STRETCH);
  cr_expect_str_eq(siam_model_get_fact(model, "verdict_rate"), "0.0005");
  cr_expect_str_eq(siam_model_get_fact(model, "views"), "copies 22, closely");
  cr_expect(model->refuses_blank);
  siam_model_destroy(model);
  siam_device_destroy(device);
}
