#include "training.h"
#include "base/file.h"
#include "scratch.h"
#include "shapes.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static char *folder;
static siam_device *device;

void siam_test_training_begin(const char *encoder) {
  folder = siam_scratch_create();
  siam_test_write_shapes(siam_scratch_path(folder, "data"), 12, 6, 1);
  siam_test_training_write("encoder.txt", encoder);
  cr_assert_eq(siam_device_create(NULL, &device), SIAM_OK, "%s", siam_last_error());
}

void siam_test_training_end(void) {
  siam_device_destroy(device);
  siam_scratch_remove(folder);
}

siam_device *siam_test_training_device(void) {
  return device;
}

const char *siam_test_training_path(const char *name) {
  static char paths[16][1024];
  static unsigned turn;
  char *path = paths[turn++ % 16];
  snprintf(path, sizeof paths[0], "%s/%s", folder, name);
  return path;
}

void siam_test_training_write(const char *name, const char *text) {
  cr_assert_eq(siam_file_replace(siam_scratch_path(folder, name), text, strlen(text)), SIAM_OK);
}

siam_train_report siam_test_train(const siam_train_options *options) {
  siam_train_report report;
  cr_assert_eq(siam_train(device, options, &report), SIAM_OK, "%s", siam_last_error());
  return report;
}

siam_model *siam_test_training_load(const char *name) {
  siam_model *model = NULL;
  cr_assert_eq(siam_model_load(device, siam_test_training_path(name), &model), SIAM_OK, "%s",
               siam_last_error());
  return model;
}
