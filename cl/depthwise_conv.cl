// Depthwise convolution of x [images, height, width, channels] with w [KERNEL, KERNEL, channels] to
// y [images, out_height, out_width, channels]. A work-item walks pixels of the written tensor (of y for the
// gradient of w), channels along the vectors. The gradient of x gathers: each pixel looks at the places of
// the filter that lie on it, so that nothing is written twice and no atomics are needed.
//   KERNEL      side of the filters
//   ACTIVATION  what is applied to y, with `slope` (activation.clh)
#include "activation.clh"
#include "common.clh"
#include "each_pixel.clh"
#ifndef KERNEL
#define KERNEL 3
#endif

#define SIZES                                                                                                \
  const int images, const int height, const int width, const int channels, const int out_height,             \
      const int out_width, const int stride, const int pad, const float slope

__kernel GROUP void depthwise_conv_forward(VIEW(x), VIEW(w), VIEW(bias), VIEW_OUT(y), SIZES) {
  BIND(x);
  BIND(w);
  BIND(bias);
  BIND_OUT(y);
  EACH_PIXEL(out_height, out_width) {
    const int top = r * stride - pad, left = q * stride - pad;
    floatw sum = LOAD(bias + c);
    for (int i = max(0, -top); i < min(KERNEL, height - top); i++)
      for (int j = max(0, -left); j < min(KERNEL, width - left); j++)
        sum += LOAD(x + ((n * (long)height + top + i) * width + left + j) * channels + c) *
               LOAD(w + (i * KERNEL + j) * (long)channels + c);
    STORE(ACTIVATE(sum, slope), y + pixel * (long)channels + c);
  }
}

__kernel GROUP void depthwise_conv_backward_data(VIEW(dy), VIEW(w), VIEW_OUT(dx), SIZES) {
  BIND(dy);
  BIND(w);
  BIND_OUT(dx);
  EACH_PIXEL(height, width) {
    floatw sum = 0;
    // Tap i of the filter lies on row r where it stands at row (r + pad − i) / stride.
    for (int i = (r + pad) % stride; i < min(KERNEL, r + pad + 1); i += stride) {
      const int row = (r + pad - i) / stride;
      if (row >= out_height) continue;
      for (int j = (q + pad) % stride; j < min(KERNEL, q + pad + 1); j += stride) {
        const int column = (q + pad - j) / stride;
        if (column < out_width)
          sum += LOAD(dy + ((n * (long)out_height + row) * out_width + column) * channels + c) *
                 LOAD(w + (i * KERNEL + j) * (long)channels + c);
      }
    }
    STORE(sum, dx + pixel * (long)channels + c);
  }
}

// parts [slices][KERNEL, KERNEL, channels]: the sums over the pixels of y of one work-item each; cl/join.cl
// adds them.
__kernel GROUP void depthwise_conv_backward_weight(VIEW(x), VIEW(dy), VIEW_OUT(parts), SIZES) {
  BIND(x);
  BIND(dy);
  BIND_OUT(parts);
  const int count = images * out_height * out_width, slices = get_global_size(1);
  const int share = (count + slices - 1) / slices;
  const int first = min((int)get_global_id(1) * share, count), last = min(first + share, count);
  __global float *part = parts + get_global_id(1) * (long)(KERNEL * KERNEL) * channels;
  for (int at = get_global_id(0) * WIDTH; at < channels; at += get_global_size(0) * WIDTH) {
    const int c = min(at, channels - WIDTH);
    for (int tap = 0; tap < KERNEL * KERNEL; tap++) {
      const int i = tap / KERNEL - pad, j = tap % KERNEL - pad;
      floatw sum = 0;
      for (int pixel = first; pixel < last; pixel++) {
        const int column = pixel % out_width * stride + j, row = pixel / out_width % out_height * stride + i;
        const long picture = pixel / out_width / out_height * (long)height;
        if (row >= 0 && row < height && column >= 0 && column < width)
          sum += LOAD(x + ((picture + row) * width + column) * channels + c) *
                 LOAD(dy + pixel * (long)channels + c);
      }
      STORE(sum, part + tap * (long)channels + c);
    }
  }
}
