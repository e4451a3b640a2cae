// Pooling of x [images, height, width, channels] to y [images, out_height, out_width, channels]. A work-item
// walks rows (pixels) of the written tensor, channels along the vectors. Backward passes gather: each input
// pixel looks at the windows it lies in, so that nothing is written twice and no atomics are needed.
#include "common.clh"
#include "each_pixel.clh"
#include "edge.clh"

#define SIZES                                                                                                \
  const int images, const int height, const int width, const int channels, const int out_height,             \
      const int out_width, const int kernel_height, const int kernel_width, const int stride, const int pad

// The part of window (r, q) that lies inside the picture.
#define WINDOW(r, q)                                                                                         \
  const int y0 = max((r)*stride - pad, 0), y1 = min((r)*stride - pad + kernel_height, height);               \
  const int x0 = max((q)*stride - pad, 0), x1 = min((q)*stride - pad + kernel_width, width);

// Windows first … last along one axis that contain input position `at`.
#define FIRST_WINDOW(at, kernel_size) max(((at) + pad - (kernel_size) + stride) / stride, 0)
#define LAST_WINDOW(at, out_size) min(((at) + pad) / stride, (out_size)-1)

// The largest value of a window, or the last that is no number.
INLINE floatw largest(__global const float *x, int width, int channels, int tall, int wide) {
  floatw best = -INFINITY;
  for (int i = 0; i < tall; i++)
    for (int j = 0; j < wide; j++) {
      const floatw value = LOAD(x + (i * width + j) * (long)channels);
      best = select(best, value, isgreater(value, best) | isnan(value));
    }
  return best;
}

__kernel GROUP void max_pool_forward(VIEW(x), VIEW_OUT(y), SIZES) {
  BIND(x);
  BIND_OUT(y);
  EACH_PIXEL(out_height, out_width) {
    WINDOW(r, q)
    __global const float *first = x + ((n * (long)height + y0) * width + x0) * channels + c;
    const floatw best = y1 - y0 == 2 && x1 - x0 == 2 ? largest(first, width, channels, 2, 2)
                                                     : largest(first, width, channels, y1 - y0, x1 - x0);
    STORE(best, y + (ulong)pixel * channels + c);
  }
}

// Looks through each window that holds pixel (r, q) in the order of the forward pass: the pixel gets the
// window's gradient where its value is the one that stays.
__kernel GROUP void max_pool_backward(VIEW(x), VIEW(dy), VIEW_OUT(dx), SIZES) {
  BIND(x);
  BIND(dy);
  BIND_OUT(dx);
  EACH_PIXEL(height, width) {
    __global const float *picture = x + (ulong)n * height * width * channels + c;
    floatw gradient = 0;
    for (int wy = FIRST_WINDOW(r, kernel_height); wy <= LAST_WINDOW(r, out_height); wy++)
      for (int wx = FIRST_WINDOW(q, kernel_width); wx <= LAST_WINDOW(q, out_width); wx++) {
        WINDOW(wy, wx)
        floatw best = -INFINITY;
        intw mine = (intw)(y0 == r && x0 == q ? -1 : 0);
        for (int i = y0; i < y1; i++)
          for (int j = x0; j < x1; j++) {
            const floatw value = LOAD(picture + (ulong)(i * width + j) * channels);
            const intw stays = isgreater(value, best) | isnan(value);
            best = select(best, value, stays);
            mine = select(mine, (intw)(i == r && j == q ? -1 : 0), stays);
          }
        const floatw g = LOAD(dy + (ulong)((n * out_height + wy) * out_width + wx) * channels + c);
        gradient += select((floatw)(0), g, mine);
      }
    STORE(gradient, dx + (ulong)pixel * channels + c);
  }
}

// What window [0, tall) × [0, wide) gives to the pixels [top, bottom) × [left, right), all counted from its
// first: its gradient where its largest value is, else zeros.
INLINE void spread(__global const float *x, floatw gradient, __global float *dx, int width, int channels,
                   int tall, int wide, int top, int bottom, int left, int right) {
  floatw best = -INFINITY;
  intw where = 0;
  for (int i = 0; i < tall; i++)
    for (int j = 0; j < wide; j++) {
      const int at = i * width + j;
      const floatw value = LOAD(x + at * (long)channels);
      const intw stays = isgreater(value, best) | isnan(value);
      best = select(best, value, stays);
      where = select(where, (intw)(at), stays);
    }
  for (int i = top; i < bottom; i++)
    for (int j = left; j < right; j++) {
      const int at = i * width + j;
      STORE(select((floatw)(0), gradient, (intw)(where == at)), dx + at * (long)channels);
    }
}

// The same where no two windows share a pixel (kernel ≤ stride): each window writes the pixels up to the next
// one, the last to the edge.
__kernel GROUP void max_pool_backward_apart(VIEW(x), VIEW(dy), VIEW_OUT(dx), SIZES) {
  BIND(x);
  BIND(dy);
  BIND_OUT(dx);
  EACH_PIXEL(out_height, out_width) {
    WINDOW(r, q)
    const int top = r == 0 ? -y0 : 0, bottom = (r == out_height - 1 ? height : (r + 1) * stride - pad) - y0;
    const int left = q == 0 ? -x0 : 0, right = (q == out_width - 1 ? width : (q + 1) * stride - pad) - x0;
    const int tall = y1 - y0, wide = x1 - x0;
    const long first = ((n * (long)height + y0) * width + x0) * channels + c;
    const floatw gradient = LOAD(dy + (ulong)pixel * channels + c);
    // Constants let the compiler unroll the loops of the usual window.
    if (tall == 2 && wide == 2 && top == 0 && bottom == 2 && left == 0 && right == 2)
      spread(x + first, gradient, dx + first, width, channels, 2, 2, 0, 2, 0, 2);
    else
      spread(x + first, gradient, dx + first, width, channels, tall, wide, top, bottom, left, right);
  }
}

__kernel GROUP void avg_pool_forward(VIEW(x), VIEW_OUT(y), SIZES) {
  BIND(x);
  BIND_OUT(y);
  EACH_PIXEL(out_height, out_width) {
    WINDOW(r, q)
    __global const float *picture = x + (ulong)n * height * width * channels + c;
    floatw sum = 0;
    for (int i = y0; i < y1; i++)
      for (int j = x0; j < x1; j++) sum += LOAD(picture + (ulong)(i * width + j) * channels);
    STORE(sum / (float)((y1 - y0) * (x1 - x0)), y + (ulong)pixel * channels + c);
  }
}

__kernel GROUP void avg_pool_backward(VIEW(dy), VIEW_OUT(dx), SIZES) {
  BIND(dy);
  BIND_OUT(dx);
  EACH_PIXEL(height, width) {
    floatw gradient = 0;
    for (int wy = FIRST_WINDOW(r, kernel_height); wy <= LAST_WINDOW(r, out_height); wy++)
      for (int wx = FIRST_WINDOW(q, kernel_width); wx <= LAST_WINDOW(q, out_width); wx++) {
        WINDOW(wy, wx)
        const ulong window = (ulong)((n * out_height + wy) * out_width + wx) * channels + c;
        gradient += LOAD(dy + window) / (float)((y1 - y0) * (x1 - x0));
      }
    STORE(gradient, dx + (ulong)pixel * channels + c);
  }
}
