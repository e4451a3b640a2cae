#include "base/file.h"
#include "base/memory.h"
#include "model/description.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

const siam_encoder siam_encoders[] = {
    {"conv4", "four 3×3 convolutions of 64 filters with batch normalisation; fast, any picture from 16×16 on",
     "input 28 28 1\n"
     "conv 64 3 pad=1\nbatch_norm\nrelu\nmax_pool 2\n"
     "conv 64 3 pad=1\nbatch_norm\nrelu\nmax_pool 2\n"
     "conv 64 3 pad=1\nbatch_norm\nrelu\nmax_pool 2\n"
     "conv 64 3 pad=1\nbatch_norm\nrelu\nmax_pool 2\n"
     "flatten\nlinear 64\nl2_normalize\n"},
    // Three blocks of He et al. 2016 behind a first convolution, pooled by the generalised mean.
    {"resnet8",
     "a first convolution and three residual blocks of 64, 128 and 256 filters; 1.2 million weights",
     "input 28 28 1\n"
     "conv 64 3 pad=1 bias=0\nbatch_norm\nrelu\nmax_pool 2\n"
     "conv 64 3 pad=1 bias=0\nbatch_norm\nrelu\nconv 64 3 pad=1 bias=0\nbatch_norm\nadd max_pool1\nrelu\n"
     "conv 128 3 stride=2 pad=1 bias=0\nbatch_norm\nrelu\nconv 128 3 pad=1 bias=0\nbatch_norm\n"
     "conv 128 1 stride=2 bias=0 from=relu3\nbatch_norm\nadd batch_norm5\nrelu\n"
     "conv 256 3 stride=2 pad=1 bias=0\nbatch_norm\nrelu\nconv 256 3 pad=1 bias=0\nbatch_norm\n"
     "conv 256 1 stride=2 bias=0 from=relu5\nbatch_norm\nadd batch_norm8\nrelu\n"
     "gem_pool\nlinear 64\nl2_normalize\n"},
    // Oreshkin, Rodríguez López and Lacoste 2018, "TADAM", with half of its filters in each block.
    {"resnet12", "four residual blocks of three convolutions, 32 to 256 filters; 2 million weights, slower",
     "input 28 28 1\n"
     "conv 32 3 pad=1 bias=0\nbatch_norm\nleaky_relu 0.1\nconv 32 3 pad=1 bias=0\nbatch_norm\n"
     "leaky_relu 0.1\nconv 32 3 pad=1 bias=0\nbatch_norm\n"
     "conv 32 1 bias=0 from=input\nbatch_norm\nadd batch_norm3\nleaky_relu 0.1\nmax_pool 2\n"
     "conv 64 3 pad=1 bias=0\nbatch_norm\nleaky_relu 0.1\nconv 64 3 pad=1 bias=0\nbatch_norm\n"
     "leaky_relu 0.1\nconv 64 3 pad=1 bias=0\nbatch_norm\n"
     "conv 64 1 bias=0 from=max_pool1\nbatch_norm\nadd batch_norm7\nleaky_relu 0.1\nmax_pool 2\n"
     "conv 128 3 pad=1 bias=0\nbatch_norm\nleaky_relu 0.1\nconv 128 3 pad=1 bias=0\nbatch_norm\n"
     "leaky_relu 0.1\nconv 128 3 pad=1 bias=0\nbatch_norm\n"
     "conv 128 1 bias=0 from=max_pool2\nbatch_norm\nadd batch_norm11\nleaky_relu 0.1\nmax_pool 2\n"
     "conv 256 3 pad=1 bias=0\nbatch_norm\nleaky_relu 0.1\nconv 256 3 pad=1 bias=0\nbatch_norm\n"
     "leaky_relu 0.1\nconv 256 3 pad=1 bias=0\nbatch_norm\n"
     "conv 256 1 bias=0 from=max_pool3\nbatch_norm\nadd batch_norm15\nleaky_relu 0.1\nmax_pool 2\n"
     "global_avg_pool\nlinear 64\nl2_normalize\n"},
    // Caffe's examples/siamese (mnist_siamese.prototxt), its two-dimensional output brought to length 1.
    {"lenet", "Caffe's Siamese example: two 5×5 convolutions and three linear layers",
     "input 28 28 1\n"
     "conv 20 5\nmax_pool 2\n"
     "conv 50 5\nmax_pool 2\n"
     "flatten\nlinear 500\nrelu\nlinear 10\nlinear 2\nl2_normalize\n"},
    // Koch, Zemel and Salakhutdinov 2015, "Siamese Neural Networks for One-shot Image Recognition", figure 4.
    {"koch", "Koch et al. 2015: four large convolutions and 4096 sigmoid features; slow, 38 million weights",
     "input 105 105 1\n"
     "conv 64 10\nrelu\nmax_pool 2\n"
     "conv 128 7\nrelu\nmax_pool 2\n"
     "conv 128 4\nrelu\nmax_pool 2\n"
     "conv 256 4\nrelu\n"
     "flatten\nlinear 4096\nsigmoid\nl2_normalize\n"},
    {0}};

enum { DESCRIPTION_LIMIT = 1 << 20 };

static siam_status fail_unknown(const char *name) {
  siam_text names = {0};
  for (const siam_encoder *row = siam_encoders; row->name != NULL; row++)
    siam_text_add(&names, "%s%s", row > siam_encoders ? ", " : "", row->name);
  siam_fail(SIAM_ERROR_ARGUMENT, "there is neither an encoder nor a description file '%s'; encoders: %s",
            name, names.bytes != NULL ? names.bytes : "");
  siam_text_clear(&names);
  return SIAM_ERROR_ARGUMENT;
}

siam_status siam_encoder_build(const char *name_or_path, const siam_description_changes *changes,
                               siam_network **network) {
  for (const siam_encoder *row = siam_encoders; row->name != NULL; row++)
    if (strcmp(row->name, name_or_path) == 0)
      return siam_description_parse(row->name, row->text, changes, network);
  // A file that is there and cannot be reached gets its own reason from reading it.
  if (access(name_or_path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR))
    return fail_unknown(name_or_path);
  uint8_t *text = NULL;
  size_t count = 0;
  SIAM_RETURN_IF_FAILED(siam_file_read(name_or_path, DESCRIPTION_LIMIT, &text, &count));
  siam_status status =
      memchr(text, '\0', count) != NULL
          ? siam_fail(SIAM_ERROR_FORMAT, "%s: not a text: it holds a zero byte", name_or_path)
          : siam_description_parse(name_or_path, (const char *)text, changes, network);
  siam_free(text);
  return status;
}
