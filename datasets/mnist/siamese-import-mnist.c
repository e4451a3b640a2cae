/// siamese-import-mnist: turns MNIST's files, and those of its relatives in the same format, into class
/// folders.
///
/// Source: MNIST by Yann LeCun, Corinna Cortes and Christopher Burges, http://yann.lecun.com/exdb/mnist/,
/// made of NIST's Special Databases 1 and 3; licence CC BY-SA 3.0 as its authors are commonly cited.
/// Fashion-MNIST (https://github.com/zalandoresearch/fashion-mnist, MIT) and Kuzushiji-MNIST
/// (https://github.com/rois-codh/kmnist, CC BY-SA 4.0) have the same format. Nothing of them is kept here.
#include "base/memory.h"
#include "base/text.h"
#include "common/command.h"
#include "common/message.h"
#include "idx.h"
#include "picture_folder.h"

#include <inttypes.h>
#include <stdio.h>

enum { LABELS = 256, SIDE_MOST = 4096 };

static const char *output;
static int64_t most_per_class;
static bool invert;

static const app_option options[] = {
    {.name = "output", .letter = 'o', .value = "FOLDER", .text = &output, .help = "Where to; new or empty."},
    {.name = "limit",
     .value = "N",
     .integer = &most_per_class,
     .least = 1,
     .most = 1e9,
     .help = "Take the first N pictures of each class. Default: all."},
    {.name = "invert", .flag = &invert, .help = "Make white strokes on black into black on white."},
    {0},
};

static const app_note examples[] = {
    {"siamese-import-mnist train-images-idx3-ubyte.gz train-labels-idx1-ubyte.gz -o mnist/train",
     "Write 60,000 pictures into mnist/train/0 to mnist/train/9."},
    {NULL, NULL},
};

static const app_command command = {
    .name = "siamese-import-mnist",
    .summary = "turn MNIST's files into class folders",
    .arguments = "IMAGES LABELS",
    .least = 2,
    .most = 2,
    .description =
        "Reads pictures and their labels in the IDX format, compressed by gzip or not, and writes "
        "each picture as FOLDER/LABEL/NUMBER.png. MNIST, Fashion-MNIST, Kuzushiji-MNIST and EMNIST "
        "come in this format; EMNIST's pictures are stored sideways and stay so.\n",
    .options = options,
    .examples = examples,
};

static siam_status write_pictures(const siam_idx *images, const siam_idx *labels, uint32_t *written) {
  siam_status status = SIAM_OK;
  siam_text path = {0};
  uint32_t height = images->dimensions[1], width = images->dimensions[2];
  size_t area = (size_t)height * width;
  for (uint32_t i = 0; i < images->dimensions[0]; i++) {
    uint8_t label = labels->values[i];
    uint8_t *pixels = images->values + i * area;
    if (most_per_class > 0 && written[label] >= most_per_class) continue;
    path.length = 0;
    siam_text_add(&path, "%s/%d", output, label);
    SIAM_TRY(siam_text_status(&path));
    if (written[label] == 0) SIAM_TRY(siam_folder_make(path.bytes));
    siam_text_add(&path, "/%06" PRIu32 ".png", i);
    SIAM_TRY(siam_text_status(&path));
    for (size_t k = 0; invert && k < area; k++) pixels[k] = (uint8_t)(255 - pixels[k]);
    SIAM_TRY(siam_picture_write(path.bytes, pixels, (int)height, (int)width));
    written[label]++;
  }
cleanup:
  siam_text_clear(&path);
  return status;
}

static siam_status import(const char *image_path, const char *label_path) {
  siam_status status = SIAM_OK;
  siam_idx images = {0}, labels = {0};
  uint32_t written[LABELS] = {0};
  SIAM_TRY(siam_folder_require_empty(output));
  SIAM_TRY(siam_idx_read(image_path, 3, &images));
  SIAM_TRY(siam_idx_read(label_path, 1, &labels));
  if (images.dimensions[1] > SIDE_MOST || images.dimensions[2] > SIDE_MOST) {
    status = siam_fail(SIAM_ERROR_FORMAT, "%s: pictures of %" PRIu32 " × %" PRIu32 " are beyond %d × %d",
                       image_path, images.dimensions[2], images.dimensions[1], SIDE_MOST, SIDE_MOST);
    goto cleanup;
  }
  if (images.dimensions[0] != labels.dimensions[0]) {
    status =
        siam_fail(SIAM_ERROR_FORMAT,
                  "%s has %" PRIu32 " pictures but %s has %" PRIu32 " labels; do the two belong together?",
                  image_path, images.dimensions[0], label_path, labels.dimensions[0]);
    goto cleanup;
  }
  SIAM_TRY(write_pictures(&images, &labels, written));
  for (int label = 0; label < LABELS; label++)
    if (written[label] > 0) printf("%s/%d: %" PRIu32 " pictures\n", app_show(output), label, written[label]);
cleanup:
  siam_idx_release(&images);
  siam_idx_release(&labels);
  return status;
}

int main(int argument_count, char **arguments) {
  unsigned count;
  char **paths = app_begin(&command, argument_count, arguments, &count);
  if (output == NULL) return app_fail("say where to: --output FOLDER");
  return import(paths[0], paths[1]) == SIAM_OK ? APP_SUCCESS : app_fail_library();
}
