#include "compute/conv_engines.h"
#include "compute/gemm.h"
#include "compute/tile.h"

#include <limits.h>

enum {
  SLICE_CPU = 512 * 1024, ///< Floats of the patches' matrix on a CPU: some of it stays in its caches.
  SLICE_GPU = 32 << 20,   ///< On other devices: large products.
  RUN_CPU = 64            ///< Vectors of a CPU's work-item.
};

/// A 1 × 1 convolution of every pixel: the image is the matrix of its patches.
static bool is_pointwise(const siam_conv_shape *shape) {
  return shape->kernel_height == 1 && shape->kernel_width == 1 && shape->stride == 1 && shape->pad_y == 0 &&
         shape->pad_x == 0;
}

/// Floats of the patches' matrix for one image.
static size_t patches_of_image(const siam_conv_shape *shape) {
  return (size_t)shape->out_height * (size_t)shape->out_width * (size_t)shape->kernel_height *
         (size_t)shape->kernel_width * (size_t)shape->channels;
}

/// Images of a slice, whose matrix of patches fits the bound; at least one.
static int images_of_slice(const siam_device *device, const siam_conv_shape *shape) {
  if (is_pointwise(shape)) return shape->images;
  const size_t bound = device->traits.is_cpu ? SLICE_CPU : SLICE_GPU;
  const size_t images = bound / patches_of_image(shape);
  if (images < 1) return 1;
  return images < (size_t)shape->images ? (int)images : shape->images;
}

/// Adds im2col (or, with `to_columns` false, col2im) over the images of `slice`.
static siam_status add_gather(siam_tape *tape, const siam_conv_shape *slice, bool to_columns, siam_view image,
                              siam_view columns) {
  const siam_device_traits *traits = &siam_tape_device(tape)->traits;
  siam_program *program = NULL;
  SIAM_RETURN_IF_FAILED(siam_program_get(siam_tape_device(tape), "im2col", "", &program));
  const size_t vectors = (size_t)siam_divide_up(slice->channels, (int)traits->vector_width);
  const size_t places = to_columns ? (size_t)slice->out_height * (size_t)slice->out_width *
                                         (size_t)slice->kernel_height * (size_t)slice->kernel_width
                                   : (size_t)slice->height * (size_t)slice->width;
  const size_t run = traits->is_cpu ? RUN_CPU : 1;
  const size_t items = ((size_t)slice->images * places * vectors + run - 1) / run;
  return SIAM_LAUNCH(tape, program, to_columns ? "im2col" : "col2im", ((siam_grid){{items}}),
                     siam_arg_int(slice->images), siam_arg_int(slice->height), siam_arg_int(slice->width),
                     siam_arg_int(slice->channels), siam_arg_int(slice->kernel_height),
                     siam_arg_int(slice->kernel_width), siam_arg_int(slice->stride),
                     siam_arg_int(slice->pad_y), siam_arg_int(slice->pad_x), siam_arg_int(slice->out_height),
                     siam_arg_int(slice->out_width), siam_arg(to_columns ? image : columns),
                     siam_arg(to_columns ? columns : image), siam_arg_int((int)run));
}

/// One slice of images: `part` has its shape and views of its x and y.
static siam_status add_slice(siam_tape *tape, const siam_conv *part, siam_view scratch) {
  const siam_conv_shape *shape = &part->shape;
  const bool pointwise = is_pointwise(shape);
  const int pixels = shape->images * shape->out_height * shape->out_width;
  const int patch = shape->kernel_height * shape->kernel_width * shape->channels;
  const siam_view columns = pointwise ? part->x : scratch;
  if (!pointwise && part->pass != SIAM_CONV_BACKWARD_DATA)
    SIAM_RETURN_IF_FAILED(add_gather(tape, shape, true, part->x, columns));
  siam_gemm gemm = {0};
  switch (part->pass) {
  case SIAM_CONV_FORWARD:
    gemm = (siam_gemm){.m = pixels, .n = shape->filters, .k = patch};
    gemm.a = columns, gemm.b = part->weight, gemm.c = part->y;
    gemm.epilogue = part->epilogue;
    break;
  case SIAM_CONV_BACKWARD_DATA:
    gemm = (siam_gemm){.transpose_b = true, .m = pixels, .n = patch, .k = shape->filters};
    gemm.a = part->y, gemm.b = part->weight, gemm.c = columns;
    break;
  case SIAM_CONV_BACKWARD_WEIGHT:
    gemm = (siam_gemm){.transpose_a = true, .m = patch, .n = shape->filters, .k = pixels, .beta = 1};
    gemm.a = columns, gemm.b = part->y, gemm.c = part->weight;
    break;
  }
  SIAM_RETURN_IF_FAILED(siam_gemm_add(tape, &gemm));
  if (pointwise || part->pass != SIAM_CONV_BACKWARD_DATA) return SIAM_OK;
  return add_gather(tape, shape, false, part->x, columns);
}

static siam_status add(siam_tape *tape, const siam_conv *conv) {
  const siam_conv_shape *shape = &conv->shape;
  const int images = images_of_slice(siam_tape_device(tape), shape);
  const size_t most = (size_t)images * patches_of_image(shape);
  if (most > INT_MAX)
    return siam_fail(SIAM_ERROR_ARGUMENT, "convolution: the patches of one image are %zu numbers, too many",
                     most);
  const siam_view scratch = is_pointwise(shape) ? (siam_view){0} : siam_tape_tensor(tape, most);
  const size_t in = siam_conv_input_count(shape) / (size_t)shape->images;
  const size_t out = siam_conv_output_count(shape) / (size_t)shape->images;
  for (int image = 0; image < shape->images; image += images) {
    siam_conv part = *conv;
    part.shape.images = shape->images - image < images ? shape->images - image : images;
    const size_t count = (size_t)part.shape.images, first = (size_t)image;
    part.x = siam_view_part(conv->x, first * in, count * in);
    part.y = siam_view_part(conv->y, first * out, count * out);
    SIAM_RETURN_IF_FAILED(add_slice(tape, &part, scratch));
  }
  return SIAM_OK;
}

static bool can(const siam_device *device, const siam_conv *conv) {
  (void)device;
  (void)conv;
  return true;
}

const siam_conv_engine siam_conv_im2col = {.name = "im2col", .can = can, .add = add};
