// Direct convolution that ends in a (leaky) ReLU and 2×2 max pooling, for CPU-type devices. Images are NHWC,
// weights [kernel][kernel][channels][filters]. What is pooled away is never written:
//
//   y[n][r][q][f] = leaky(max over 2 × 2 of (x ∗ weight)[n][2r + i][2q + j][f] + bias[f])
//
// A register tile holds the four pixels of one window, COLUMNS filters wide. The work is divided into bands
// of `band` lines of windows of one image, times `panels` equal ranges of filters; of P work-items each takes
// every P-th. It first copies what the band reads of x to its slot of `stage`, with the zeros around the
// image: [lines][stage_width][channels].
//
//   VECTOR   floats in a vector, at most as many as a panel has filters
//   VECTORS  vectors of a register tile; where they do not divide a panel, the last ones overlap
#define ROWS 4
#include "activation.clh"
#include "common.clh"
#include "edge.clh"
#include "pool.clh"
#include "tasks.clh"
#include "tile.clh"

INLINE void copy_line(__global const float *from, __global float *to, int left, int inside, int all) {
  for (int i = 0; i < left; i++) to[i] = 0;
  for (int i = 0; i < inside; i += WIDTH)
    store_some(load_some(from + i, inside - i), to + left + i, inside - i);
  for (int i = left + inside; i < all; i++) to[i] = 0;
}

// What `lines` lines of output pixels from `top` on read of one image.
INLINE void fill_stage(__global const float *image, __global float *stage, int top, int lines, int height,
                       int width, int channels, int kernel_height, int stride, int pad_y, int pad_x,
                       int stage_width) {
  const int left = min(pad_x, stage_width), inside = min(width, stage_width - left);
  for (int line = 0; line < (lines - 1) * stride + kernel_height; line++) {
    const int y = top * stride - pad_y + line;
    const bool exists = y >= 0 && y < height;
    copy_line(image + (exists ? y : 0) * (long)width * channels, stage + line * stage_width * channels,
              left * channels, exists ? inside * channels : 0, stage_width * channels);
  }
}

__kernel GROUP void conv_pooled(int height, int width, int channels, int kernel_height, int kernel_width,
                                int stride, int pad_y, int pad_x, int filters, int out_height, int out_width,
                                int band, int bands, int panels, int blocks, VIEW(x), VIEW(weight),
                                VIEW(bias), int with_bias, float slope, VIEW_OUT(y), VIEW_OUT(stage),
                                int slot) {
  BIND(x);
  BIND(weight);
  BIND(bias);
  BIND_OUT(y);
  BIND_OUT(stage);
  stage += TASK * (long)slot;
  const int lines = out_height / 2, columns = out_width / 2, panel = filters / panels;
  const int stage_width = (out_width - 1) * stride + kernel_width, row_step = stage_width * channels;
  const int run = kernel_width * channels, at_pixel = stride * channels, at_line = stride * row_step;
  for (int number = TASK; number < blocks; number += get_global_size(0)) {
    const int first_filter = number % panels * panel;
    const int top = number / panels % bands * band, image = number / panels / bands;
    const int some_lines = min(band, lines - top);
    fill_stage(x + image * (long)height * width * channels, stage, 2 * top, 2 * some_lines, height, width,
               channels, kernel_height, stride, pad_y, pad_x, stage_width);
    for (int f = 0; f < panel; f += COLUMNS) {
      int filter[VECTORS];
      floatw shift[VECTORS];
      EACH_VECTOR {
        filter[j] = first_filter + min(f + j * WIDTH, panel - WIDTH);
        shift[j] = with_bias ? LOAD(bias + filter[j]) : (floatw)(0);
      }
      for (int window = 0; window < some_lines * columns; window++) {
        const int line = window / columns, column = window % columns;
        __global const float *corner = stage + 2 * line * at_line + 2 * column * at_pixel;
        __global const float *from[ROWS] = {corner, corner + at_pixel, corner + at_line,
                                            corner + at_line + at_pixel};
        floatw tile[ROWS][VECTORS];
        EACH_ROW EACH_VECTOR tile[i][j] = 0;
        __global const float *w = weight;
        for (int ky = 0; ky < kernel_height; ky++) {
          const int tap = ky * row_step;
          for (int l = 0; l < run; l++, w += filters) TILE_ADD(tile, from[i][tap + l], LOAD(w + filter[j]))
        }
        __global float *to = y + ((image * (long)lines + top + line) * columns + column) * filters;
        EACH_VECTOR {
          const floatw upper = LARGER(tile[0][j], tile[1][j]), lower = LARGER(tile[2][j], tile[3][j]);
          const floatw value = LARGER(upper, lower) + shift[j];
          STORE(LEAKY(value, slope), to + filter[j]);
        }
      }
    }
  }
}
