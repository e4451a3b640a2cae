// Upsampling x [images, height, width, channels] to y [images, out_height, out_width, channels]: pixel (p, q) of
// y is pixel (min(p / factor, height − 1), min(q / factor, width − 1)) of x. A work-item walks rows (pixels) of
// the written tensor, channels along the vectors. The backward pass gathers, row by row: nothing is written
// twice.
#include "common.clh"
#include "each_pixel.clh"

#define SIZES                                                                                                \
  const int images, const int height, const int width, const int channels, const int out_height,             \
      const int out_width, const int factor

__kernel GROUP void upsample_forward(VIEW(x), VIEW_OUT(y), SIZES) {
  BIND(x);
  BIND_OUT(y);
  EACH_PIXEL(out_height, out_width) {
    const int from = (n * height + min(r / factor, height - 1)) * width + min(q / factor, width - 1);
    STORE(LOAD(x + (ulong)from * channels + c), y + (ulong)pixel * channels + c);
  }
}

__kernel GROUP void upsample_backward(VIEW(dy), VIEW_OUT(dx), SIZES) {
  BIND(dy);
  BIND_OUT(dx);
  EACH_PIXEL(height, width) {
    const int bottom = r == height - 1 ? out_height : (r + 1) * factor;
    const int right = q == width - 1 ? out_width : (q + 1) * factor;
    floatw sum = 0;
    for (int i = r * factor; i < bottom; i++)
      for (int j = q * factor; j < right; j++)
        sum += LOAD(dy + (ulong)((n * out_height + i) * out_width + j) * channels + c);
    STORE(sum, dx + (ulong)pixel * channels + c);
  }
}
