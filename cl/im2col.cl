// Between images and the matrix of their patches, columns[n, oy, ox][ky, kx, c]:
//
//   im2col  columns[n, oy, ox][ky, kx, c] = x[n][oy · stride + ky − pad_y][ox · stride + kx − pad_x][c], or 0
//   col2im  dx[n][iy][ix][c] = Σ columns[n, oy, ox][ky, kx, c] over the patches that hold the element, in the
//           order of (ky, kx): each element gathers, so no two work-items add to one place
//
// A work-item takes `run` vectors of WIDTH channels, one after the other through columns or dx.
#include "common.clh"
#include "edge.clh"

__kernel GROUP void im2col(int images, int height, int width, int channels, int kernel_height,
                           int kernel_width, int stride, int pad_y, int pad_x, int out_height, int out_width,
                           VIEW(x), VIEW_OUT(columns), int run) {
  BIND(x);
  BIND_OUT(columns);
  const int vectors = (channels + WIDTH - 1) / WIDTH, taps = kernel_height * kernel_width;
  const long all = (long)images * out_height * out_width * taps * vectors;
  const long first = get_global_id(0) * (long)run, last = min(first + run, all);
  for (long item = first; item < last; item++) {
    const int c = item % vectors * WIDTH, tap = item / vectors % taps;
    const int pixel = item / vectors / taps;
    const int ox = pixel % out_width, oy = pixel / out_width % out_height, n = pixel / out_width / out_height;
    const int iy = oy * stride + tap / kernel_width - pad_y, ix = ox * stride + tap % kernel_width - pad_x;
    const int some = channels - c;
    floatw value = 0;
    if (iy >= 0 && iy < height && ix >= 0 && ix < width)
      value = load_some(x + ((n * (long)height + iy) * width + ix) * channels + c, some);
    store_some(value, columns + (pixel * (long)taps + tap) * channels + c, some);
  }
}

__kernel GROUP void col2im(int images, int height, int width, int channels, int kernel_height,
                           int kernel_width, int stride, int pad_y, int pad_x, int out_height, int out_width,
                           VIEW(columns), VIEW_OUT(dx), int run) {
  BIND(columns);
  BIND_OUT(dx);
  const int vectors = (channels + WIDTH - 1) / WIDTH;
  const long all = (long)images * height * width * vectors;
  const long first = get_global_id(0) * (long)run, last = min(first + run, all);
  for (long item = first; item < last; item++) {
    const int c = item % vectors * WIDTH, place = item / vectors;
    const int ix = place % width, iy = place / width % height, n = place / width / height;
    const int some = channels - c;
    floatw sum = 0;
    for (int ky = 0; ky < kernel_height; ky++) {
      const int y = iy + pad_y - ky, oy = y / stride;
      if (y < 0 || y % stride != 0 || oy >= out_height) continue;
      for (int kx = 0; kx < kernel_width; kx++) {
        const int px = ix + pad_x - kx, ox = px / stride;
        if (px < 0 || px % stride != 0 || ox >= out_width) continue;
        const long patch = (n * (long)out_height + oy) * out_width + ox;
        sum += load_some(columns + ((patch * kernel_height + ky) * kernel_width + kx) * channels + c, some);
      }
    }
    store_some(sum, dx + place * (long)channels + c, some);
  }
}
