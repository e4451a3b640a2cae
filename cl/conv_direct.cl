// Direct convolution for CPU-type devices: forward (with the weights turned, also the data gradient) and
// weight gradient. Images are NHWC, weights [kernel_height][kernel_width][channels][filters].
//
// The output is worked off in blocks of block_images images × block_height rows × block_width columns. Of P
// work-items each takes every P-th block. It first copies what the block reads of x into its own slot of
// `stage`, with the zeros around the image in place:
//
//   x, one image                 stage [images of the block][stage_height][stage_width][channels]
//   ┌───────────────┐            ┌───────┐
//   │   ┌───────┐   │            │0 0 0 0│   There the taps kx and the channels of one output pixel lie side
//   │   │ block │   │    ──►     │x x x x│   by side, kernel_width × channels floats, once for each ky. So a
//   │   └───────┘   │            │x x x x│   tile of any ROWS pixels is a matrix product whose rows start at
//   └───────────────┘            └───────┘   ROWS addresses, and no tap looks at an edge.
//
//   ROWS, VECTORS  the register tile, see tile.clh
#include "activation.clh"
#include "common.clh"
#include "edge.clh"
#include "tasks.clh"
#include "tile.clh"

#define SHAPE                                                                                                \
  int images, int height, int width, int channels, int kernel_height, int kernel_width, int stride,          \
      int pad_y, int pad_x, int filters, int out_height, int out_width, int block_images, int block_height,  \
      int block_width
#define SHAPE_ARGUMENTS                                                                                      \
  images, height, width, channels, kernel_height, kernel_width, stride, pad_y, pad_x, filters, out_height,   \
      out_width, block_images, block_height, block_width

// The block numbered `number`: its first image, row and column, and how many of each lie inside y.
typedef struct block {
  int image, y, x, images, height, width;
} block;

INLINE block block_of(int number, SHAPE) {
  const int down = (out_height + block_height - 1) / block_height;
  const int across = (out_width + block_width - 1) / block_width;
  block b;
  b.x = number % across * block_width;
  b.y = number / across % down * block_height;
  b.image = number / across / down * block_images;
  b.width = min(block_width, out_width - b.x);
  b.height = min(block_height, out_height - b.y);
  b.images = min(block_images, images - b.image);
  return b;
}

INLINE void clear_run(__global float *to, int count) {
  for (int i = 0; i < count; i += WIDTH) store_some((floatw)(0), to + i, count - i);
}
INLINE void copy_run(__global const float *from, __global float *to, int count) {
  for (int i = 0; i < count; i += WIDTH) store_some(load_some(from + i, count - i), to + i, count - i);
}

// Fills the stage for block b, a row of x at a time: zeros, what lies inside the image, zeros.
INLINE void fill_stage(block b, int stage_height, int stage_width, __global const float *x,
                       __global float *stage, SHAPE) {
  const int left = clamp(pad_x - b.x * stride, 0, stage_width);
  const int first = b.x * stride - pad_x + left;
  const int inside = clamp(width - first, 0, stage_width - left);
  for (int image = 0; image < b.images; image++)
    for (int row = 0; row < stage_height; row++) {
      const int y = b.y * stride - pad_y + row;
      __global float *to = stage + (image * stage_height + row) * (long)stage_width * channels;
      if (y < 0 || y >= height) {
        clear_run(to, stage_width * channels);
        continue;
      }
      clear_run(to, left * channels);
      copy_run(x + (((b.image + image) * (long)height + y) * width + first) * channels, to + left * channels,
               inside * channels);
      clear_run(to + (left + inside) * channels, (stage_width - left - inside) * channels);
    }
}

// First filter of the vector that would begin at filter `at`. Where filters are no multiple of WIDTH, the
// last vector overlaps the one before it: whole vectors are stored everywhere. Vectors behind it are not
// stored.
#define VECTOR_START(at, filters) max(min(at, (filters)-WIDTH), 0)

// y = leaky(x ∗ weight + bias). Rows of `weight` have weight_row floats, a multiple of COLUMNS, in the order
// of VECTOR_START, zeros where there are fewer than WIDTH filters. Global size P.
__kernel GROUP void conv_forward(SHAPE, int blocks, VIEW(x), VIEW(weight), int weight_row, VIEW(bias),
                                 int with_bias, float slope, VIEW_OUT(y), VIEW_OUT(stage), int slot) {
  BIND(x);
  BIND(weight);
  BIND(bias);
  BIND_OUT(y);
  BIND_OUT(stage);
  stage += TASK * (long)slot;
  const int stage_height = (block_height - 1) * stride + kernel_height;
  const int stage_width = (block_width - 1) * stride + kernel_width;
  const int run = kernel_width * channels, row_step = stage_width * channels;
  for (int number = TASK; number < blocks; number += get_global_size(0)) {
    const block b = block_of(number, SHAPE_ARGUMENTS);
    fill_stage(b, stage_height, stage_width, x, stage, SHAPE_ARGUMENTS);
    // Steps in the stage and in y from pixel to pixel, and what is added from row to row and image to image.
    const int at_pixel = stride * channels, at_row = stride * row_step - b.width * at_pixel;
    const int at_image = (stage_height - b.height * stride) * row_step;
    const long to_row = (out_width - b.width) * (long)filters;
    const long to_image = (out_height - b.height) * (long)out_width * filters;
    const int pixels = b.images * b.height * b.width;
    for (int filter = 0; filter < filters; filter += COLUMNS) {
      const int some = filters - filter;
      floatw shift[VECTORS];
      int start[VECTORS]; // of each vector, counted from `filter`
      for (int j = 0; j < VECTORS; j++) {
        start[j] = VECTOR_START(filter + j * WIDTH, filters) - filter;
        shift[j] = with_bias ? load_some(bias + filter + start[j], filters) : (floatw)(0);
      }
      int px = 0, py = 0, image = 0, at = 0;
      long to = ((b.image * (long)out_height + b.y) * out_width + b.x) * filters + filter;
      for (int pixel = 0; pixel < pixels; pixel += ROWS) {
        __global const float *from[ROWS];
        __global float *y_of[ROWS];
        const int low = py, first_image = image;
        int high = py, last_image = image;
        EACH_ROW {
          from[i] = stage + at;
          y_of[i] = y + to;
          high = py, last_image = image;
          // A tile that hangs over the last pixel computes it again and does not store it.
          if (pixel + i + 1 < pixels) {
            at += at_pixel, to += filters;
            if (++px == b.width) {
              px = 0, at += at_row, to += to_row;
              if (++py == b.height) py = 0, image++, at += at_image, to += to_image;
            }
          }
        }
        // Taps above or below the image for all pixels of the tile are left out.
        const bool all_rows = last_image != first_image;
        const int highest = b.y + (all_rows ? b.height - 1 : high), lowest = b.y + (all_rows ? 0 : low);
        const int ky_first = max(0, pad_y - highest * stride);
        const int ky_last = min(kernel_height, height + pad_y - lowest * stride);
        floatw tile[ROWS][VECTORS];
        EACH_ROW EACH_VECTOR tile[i][j] = 0;
        __global const float *w = weight + ky_first * (long)run * weight_row + filter;
        for (int ky = ky_first; ky < ky_last; ky++) {
          const int tap = ky * row_step;
          for (int l = 0; l < run; l++, w += weight_row) TILE_ADD(tile, from[i][tap + l], LOAD(w + j * WIDTH))
        }
        EACH_ROW EACH_VECTOR tile[i][j] = LEAKY(tile[i][j] + shift[j], slope);
        if (filters >= WIDTH && pixel + ROWS <= pixels) {
          EACH_VECTOR if (j * WIDTH < some) {
            EACH_ROW STORE(tile[i][j], y_of[i] + start[j]);
          }
          continue;
        }
        floatw spilled[ROWS * VECTORS];
        TILE_SPILL(tile, spilled)
        __global float *to_of[ROWS];
        EACH_ROW to_of[i] = y_of[i];
        for (int i = 0; i < min(ROWS, pixels - pixel); i++)
          for (int j = 0; j * WIDTH < some && j < VECTORS; j++)
            store_some(spilled[i * VECTORS + j], to_of[i] + start[j], filters);
      }
    }
  }
}

// Copies the weights for conv_forward, with rows of to_row floats in the order of VECTOR_START. Plain:
// to[ky][kx][c][f] = weight[ky][kx][c][f]. Turned, for the data gradient:
// to[ky][kx][f][c] = weight[kernel_height−1−ky][kernel_width−1−kx][c][f]. One work-item per row.
__kernel GROUP void conv_weights(int taps, int channels, int filters, int turned, VIEW(weight), VIEW_OUT(to),
                                 int to_row) {
  BIND(weight);
  BIND_OUT(to);
  const int row = get_global_id(0), inner = turned ? filters : channels;
  if (row >= taps * inner) return;
  const int tap = row / inner, a = row % inner, columns = turned ? channels : filters;
  __global const float *from =
      turned ? weight + (long)(taps - 1 - tap) * channels * filters + a : weight + (long)row * filters;
  const int step = turned ? filters : 1;
  to += row * (long)to_row;
  for (int i = 0; i < to_row; i += WIDTH)
    for (int j = 0; j < WIDTH; j++) {
      const int column = VECTOR_START(i, columns) + j;
      to[i + j] = column < columns ? from[column * step] : 0;
    }
}

// Weight gradient: a partial sum for each work-item, parts[P][ky, kx, c][weight_row], which cl/join.cl adds.
// A tile is ROWS rows of the weights (one float of the stage each, at every pixel) × COLUMNS filters.
// weight_row is a multiple of COLUMNS; where it is larger than filters, the last vectors of a pixel reach
// into the next one, and those sums are dropped. Rows of pixels from where this would reach beyond the end of
// dy are staged, too, at dy_stage behind x, in pixels of weight_row floats. Global size P.
__kernel GROUP void conv_weight_gradient(SHAPE, int blocks, VIEW(x), VIEW(dy), int weight_row,
                                         VIEW_OUT(parts), VIEW_OUT(stage), int slot, int dy_stage) {
  BIND(x);
  BIND(dy);
  BIND_OUT(parts);
  BIND_OUT(stage);
  stage += TASK * (long)slot;
  const int stage_height = (block_height - 1) * stride + kernel_height;
  const int stage_width = (block_width - 1) * stride + kernel_width;
  const int run = kernel_width * channels, rows = kernel_height * run, row_step = stage_width * channels;
  const long floats = images * (long)out_height * out_width * filters;
  parts += TASK * (long)rows * weight_row;
  for (int number = TASK; number < blocks; number += get_global_size(0)) {
    const block b = block_of(number, SHAPE_ARGUMENTS);
    fill_stage(b, stage_height, stage_width, x, stage, SHAPE_ARGUMENTS);
#define FIRST_PIXEL(image, py) (((b.image + (image)) * (long)out_height + b.y + (py)) * out_width + b.x)
#define IS_STAGED(image, py) ((FIRST_PIXEL(image, py) + b.width - 1) * filters + weight_row > floats)
    for (int image = 0; image < b.images; image++)
      for (int py = 0; py < b.height; py++)
        if (IS_STAGED(image, py))
          for (int px = 0; px < b.width; px++)
            for (int f = 0; f < weight_row; f += WIDTH) {
              STORE(load_some(dy + (FIRST_PIXEL(image, py) + px) * filters + f, filters - f),
                    stage + dy_stage + ((image * b.height + py) * b.width + px) * weight_row + f);
            }
    for (int filter = 0; filter < filters; filter += COLUMNS)
      for (int row = 0; row < rows; row += ROWS) {
        __global const float *from[ROWS];
        EACH_ROW {
          const int r = min(row + i, rows - 1);
          from[i] = stage + r / run * row_step + r % run;
        }
        floatw tile[ROWS][VECTORS];
        EACH_ROW EACH_VECTOR tile[i][j] = 0;
        // Rows of pixels where all taps of the tile look above or below the image are left out.
        const int top = row / run - pad_y, bottom = min(row + ROWS - 1, rows - 1) / run - pad_y;
        for (int image = 0; image < b.images; image++)
          for (int py = 0; py < b.height; py++) {
            const int y = (b.y + py) * stride;
            if (y + bottom < 0 || y + top >= height) continue;
            const int at = (image * stage_height + py * stride) * row_step;
            const bool staged = IS_STAGED(image, py);
            const int staged_pixel = (image * b.height + py) * b.width,
                      d_step = staged ? weight_row : filters;
            __global const float *d = filter + (staged ? stage + dy_stage + staged_pixel * weight_row
                                                       : dy + FIRST_PIXEL(image, py) * filters);
            for (int px = 0; px < b.width; px++, d += d_step)
              TILE_ADD(tile, from[i][at + px * stride * channels], LOAD(d + j * WIDTH))
          }
        const bool fresh = number == TASK;
        EACH_ROW if (row + i < rows) EACH_VECTOR {
          __global float *to = parts + (row + i) * (long)weight_row + filter + j * WIDTH;
          STORE(fresh ? tile[i][j] : LOAD(to) + tile[i][j], to);
        }
      }
  }
}
