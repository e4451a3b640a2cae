// Convolution for GPU-type devices as a matrix product whose left operand, the patches, never exists as a whole:
// its tiles are gathered into local memory from where they lie in the image. C = leaky(A B + beta C + bias):
//
//   PASS  C                          A(i, l)                                    B(l, j)
//   0     y[n, oy, ox][f]            x[n][oy · stride + ky − pad_y][…][c]       weight[ky, kx, c][f]
//   1     dx[n, iy, ix][c]           dy[n][(iy + pad_y − ky) / stride][…][f]    weight[ky, kx][c][f]
//   2     dweight[ky, kx, c][f]      x[n][oy · stride + ky − pad_y][…][c]       dy[n, oy, ox][f]
//
//   where i and l are the brackets of C's row and of B's row: l is (ky, kx, c), (ky, kx, f), (n, oy, ox).
//
// An index is either a pixel or a tap. What they mean is worked out once: for the rows of the tile before the sum
// begins, for its TILE_K steps as it reaches them; so that gathering takes an addition and a comparison. A is 0
// outside the image, and in pass 1 where the stride leaves no pixel. Group (x, y, z) as in gemm_local.cl: parts of
// the sum are joined by cl/join.cl in order.
//
//   PASS  0 forward, 1 gradient of x, 2 gradient of the weights; the other macros are those of local_tile.clh
#include "local_tile.clh"
#include "common.clh"
#include "edge.clh"
#include "tile.clh"
#include "activation.clh"
#ifndef PASS
#define PASS 0
#endif

#define SHAPE                                                                                                \
  int height, int width, int channels, int kernel_width, int stride, int pad_y, int pad_x, int filters,      \
      int out_height, int out_width
#define SHAPE_ARGUMENTS                                                                                      \
  height, width, channels, kernel_width, stride, pad_y, pad_x, filters, out_height, out_width
#define NOWHERE (-0x40000000)

// A pixel: first row of its image in the tensor that A gathers from, in pixels, and the place there of tap 0.
INLINE int4 pixel_of(int index, int count, SHAPE) {
  const int wide = PASS == 1 ? width : out_width, tall = PASS == 1 ? height : out_height;
  const int x = index % wide, y = index / wide % tall, image = index / wide / tall;
  if (index >= count) return (int4)(0, NOWHERE, NOWHERE, 0);
  if (PASS == 1) return (int4)(image * out_height * out_width, y + pad_y, x + pad_x, 0);
  return (int4)(image * height * width, y * stride - pad_y, x * stride - pad_x, 0);
}

// A tap and a channel: (channel, ky, kx, which tap).
INLINE int4 tap_of(int index, int count, SHAPE) {
  const int inner = PASS == 1 ? filters : channels, tap = index / inner;
  if (index >= count) return (int4)(0, NOWHERE, NOWHERE, 0);
  return (int4)(index % inner, tap / kernel_width, tap % kernel_width, tap);
}

// An element of A. Indices past the end are so far outside that no sum brings them back.
INLINE float gather(int4 pixel, int4 tap, __global const float *from, SHAPE) {
  const int y = pixel.y + (PASS == 1 ? -tap.y : tap.y), x = pixel.z + (PASS == 1 ? -tap.z : tap.z);
  if (y < 0 || x < 0 || tap.y == NOWHERE) return 0.0f;
  if (PASS != 1) {
    if (y >= height || x >= width) return 0.0f;
    return from[(pixel.x + y * width + x) * (long)channels + tap.x];
  }
  const int oy = y / stride, ox = x / stride;
  if (oy * stride != y || ox * stride != x || oy >= out_height || ox >= out_width) return 0.0f;
  return from[(pixel.x + oy * out_width + ox) * (long)filters + tap.x];
}

__kernel TILE_GROUP void conv_implicit(int m, int n, int k, SHAPE, VIEW(a), VIEW(b), VIEW_OUT(c), float beta,
                                       int part, VIEW(bias), int with_bias, float slope) {
  BIND(a);
  BIND(b);
  BIND(bias);
  BIND_OUT(c);
  const int c_row = n;
  DECLARE_TILES
  __local int4 row_of[TILE_M], step_of[TILE_K];
  const int down = get_local_id(0) / GROUP_N, across = get_local_id(0) % GROUP_N;
  const int column = get_group_id(0) * TILE_N, row = get_group_id(1) * TILE_M;
  const int begin = get_group_id(2) * part, end = min(begin + part, k);
  c += get_group_id(2) * (long)m * n;
  for (int i = get_local_id(0); i < TILE_M; i += ITEMS)
    row_of[i] = PASS == 2 ? tap_of(row + i, m, SHAPE_ARGUMENTS) : pixel_of(row + i, m, SHAPE_ARGUMENTS);
  floatw sum[ROWS][VECTORS];
  EACH_ROW EACH_VECTOR sum[i][j] = 0;
  for (int at = begin; at < end; at += TILE_K) {
    for (int l = get_local_id(0); l < TILE_K; l += ITEMS)
      step_of[l] = PASS == 2 ? pixel_of(at + l, end, SHAPE_ARGUMENTS)
                             : tap_of(at + l, end, SHAPE_ARGUMENTS);
    barrier(CLK_LOCAL_MEM_FENCE);
#if PASS == 2
    FILL_A(0, gather(step_of[l], row_of[i], a, SHAPE_ARGUMENTS))
#else
    FILL_A(1, gather(row_of[i], step_of[l], a, SHAPE_ARGUMENTS))
#endif
    // In pass 1 a row of B runs through the channels of the weights, `filters` floats apart.
#if PASS == 1
    FILL_B(1, column + i < n && at + l < end
                  ? b[(step_of[l].w * (long)channels + column + i) * filters + step_of[l].x]
                  : 0.0f)
#else
    FILL_B(0, column + i < n && at + l < end ? b[(at + l) * (long)n + column + i] : 0.0f)
#endif
    barrier(CLK_LOCAL_MEM_FENCE);
    ADD_TILES(sum)
  }
  STORE_TILE(sum)
}
