// A convolution of few inputs with the batch normalisation behind it, for training on CPU-type devices where
// nobody asks for the gradient of x. A (leaky) ReLU and 2×2 max pooling may follow. Images are NHWC:
//
//   z = gamma · (wᵀp − mean) / √(variance + epsilon) + beta,   y = leaky(z), or its maximum over SIDE × SIDE
//
// where p, PATCH floats, is what one output pixel reads of x. z is never in memory: all that training needs
// of it follows from the patches. With E p their mean and C their covariance over the batch,
//
//   mean = wᵀ E p,   variance = wᵀ C w,
//
// and with dz the gradient of z, T = Σ dz · (p − E p) and s = 1/√(variance + epsilon),
//
//   dbeta += Σ dz,   dgamma += s · wᵀT,   dweight += gamma · s · (T − s² · wᵀT · C w).
//
// A bias of the convolution falls out with the mean: it moves the running mean only, and has no gradient.
//
//   KERNEL, CHANNELS  side of the filters and channels of x; PATCH = KERNEL · KERNEL · CHANNELS
//   SIDE              2 with pooling, else 1
//   VECTOR            floats in a vector, a divisor of the filters
//   VECTORS           vectors of a register tile; a tile's filters, VECTORS · VECTOR, divide all filters
#include "activation.clh"
#include "common.clh"
#include "edge.clh"
#include "pool.clh"
#include "tasks.clh"

#define PATCH (KERNEL * KERNEL * CHANNELS)
#define RUN (KERNEL * CHANNELS)                   // floats of a patch that lie side by side in x
#define ROW ((PATCH + WIDTH - 1) / WIDTH * WIDTH) // of the moments
#define TAP_CHANNEL(k) ((k) % CHANNELS)
#define CENTRE_TAP (KERNEL / 2 * RUN + KERNEL / 2 * CHANNELS)
#define COLUMNS (VECTORS * WIDTH)
#define SOME_TAPS 9 // summed at once in registers
#define EACH_VECTOR UNROLL for (int j = 0; j < VECTORS; j++)

// The work is divided into bands of `band` lines of windows of one image; of P work-items each takes every
// P-th. It first copies what the band reads of x to its slot of `scratch`, with the zeros around the image:
// stage [lines][stage_width][CHANNELS].
#define SHAPE                                                                                                \
  int height, int width, int stride, int pad, int filters, int out_height, int out_width, int band, int bands
#define IMAGE(number) ((number) / bands)
#define TOP(number) ((number) % bands * band * SIDE)
#define OUT_LINES(number) min(band *SIDE, out_height - TOP(number))
#define STAGE_WIDTH ((out_width - 1) * stride + KERNEL)

INLINE void fill_line(__global const float *from, __global float *to, int left, int inside, int all,
                      const float *centre) {
  for (int i = 0; i < left; i++) UNROLL for (int c = 0; c < CHANNELS; c++) to[i * CHANNELS + c] = -centre[c];
  for (int i = 0; i < inside; i++)
    UNROLL for (int c = 0; c < CHANNELS; c++) to[(left + i) * CHANNELS + c] =
        from[i * CHANNELS + c] - centre[c];
  for (int i = left + inside; i < all; i++)
    UNROLL for (int c = 0; c < CHANNELS; c++) to[i * CHANNELS + c] = -centre[c];
}

// Less `centre`, one number a channel, so that numbers far from zero do not drown what is between them.
INLINE void fill_stage(__global const float *image, __global float *stage, int top, int out_lines,
                       const float *centre, int height, int width, int stride, int pad, int stage_width) {
  const int left = min(pad, stage_width), inside = min(width, stage_width - left);
  for (int line = 0; line < (out_lines - 1) * stride + KERNEL; line++) {
    const int y = top * stride - pad + line;
    const bool exists = y >= 0 && y < height;
    fill_line(image + (exists ? y : 0) * (long)width * CHANNELS, stage + line * stage_width * CHANNELS, left,
              exists ? inside : 0, stage_width, centre);
  }
}

// Number of pixels, mean [ROW] and summed products of deviations [PATCH][ROW] of so many patches.
#define MOMENTS ((PATCH + 1) * ROW + WIDTH)
#define MEAN(moments) ((moments) + WIDTH)
#define PRODUCTS(moments) ((moments) + WIDTH + ROW)

// Joins the moments of `now` patches to those in `to` (Chan, Golub and LeVeque 1983).
INLINE void join_moments(__global float *to, float now, __global const float *mean,
                         __global const float *products) {
  const float before = to[0], part = now / (before + now);
  float delta[ROW];
  for (int v = 0; v < ROW; v++) delta[v] = mean[v] - MEAN(to)[v];
  for (int i = 0; i < PATCH; i++)
    for (int v = 0; v < ROW; v += WIDTH) {
      __global float *at = PRODUCTS(to) + i * ROW + v;
      const floatw apart = *(const unaligned_floatw *)(delta + v) * (delta[i] * before * part);
      STORE(LOAD(at) + LOAD(products + i * ROW + v) + apart, at);
    }
  for (int v = 0; v < ROW; v++) MEAN(to)[v] += delta[v] * part;
  to[0] = before + now;
}

// Copies the patches of one line of output pixels, as rows of ROW floats; beyond PATCH stand any numbers.
INLINE void copy_patches(__global const float *stage, __global float *patches, int pixels, int stride,
                         int stage_width) {
  for (int pixel = 0; pixel < pixels; pixel++)
    UNROLL for (int ky = 0; ky < KERNEL; ky++) UNROLL for (int i = 0; i < RUN; i += WIDTH)
        STORE(LOAD(stage + (ky * stage_width + pixel * stride) * CHANNELS + i),
              patches + pixel * ROW + ky * RUN + i);
}

// Mean and products of deviations of the patches, which become deviations on the way.
INLINE void take_moments(__global float *patches, int pixels, __global float *mean,
                         __global float *products) {
  for (int v = 0; v < ROW; v += WIDTH) {
    floatw sum = 0;
    for (int pixel = 0; pixel < pixels; pixel++) sum += LOAD(patches + pixel * ROW + v);
    sum /= (float)pixels;
    STORE(sum, mean + v);
    for (int pixel = 0; pixel < pixels; pixel++) {
      __global float *at = patches + pixel * ROW + v;
      STORE(LOAD(at) - sum, at);
    }
  }
  for (int v = 0; v < ROW; v += WIDTH)
    for (int k = 0; k < PATCH; k += SOME_TAPS) {
      floatw sums[SOME_TAPS];
      UNROLL for (int t = 0; t < SOME_TAPS; t++) sums[t] = 0;
      for (int pixel = 0; pixel < pixels; pixel++) {
        __global const float *at = patches + pixel * ROW;
        const floatw other = LOAD(at + v);
        UNROLL for (int t = 0; t < SOME_TAPS; t++) sums[t] = fma((floatw)(at[k + t]), other, sums[t]);
      }
      for (int t = 0; t < SOME_TAPS && k + t < PATCH; t++) STORE(sums[t], products + (k + t) * ROW + v);
    }
}

// Writes parts [P][MOMENTS]. A slot of `scratch` holds the stage, WIDTH spare floats, and, `patches_at`
// floats behind its start, the moments of one line, its patches and as many spare floats as a vector and
// SOME_TAPS.
__kernel GROUP void patch_moments(SHAPE, int blocks, VIEW(x), VIEW_OUT(parts), VIEW_OUT(scratch), int slot,
                                  int patches_at) {
  BIND(x);
  BIND_OUT(parts);
  BIND_OUT(scratch);
  __global float *stage = scratch + TASK * (long)slot, *line_moments = stage + patches_at;
  __global float *patches = line_moments + MOMENTS, *moments = parts + TASK * (long)MOMENTS;
  const float centre[CHANNELS] = {0};
  for (int i = 0; i < MOMENTS; i += WIDTH) STORE((floatw)(0), moments + i);
  for (int number = TASK; number < blocks; number += get_global_size(0)) {
    fill_stage(x + IMAGE(number) * (long)height * width * CHANNELS, stage, TOP(number), OUT_LINES(number),
               centre, height, width, stride, pad, STAGE_WIDTH);
    for (int line = 0; line < OUT_LINES(number); line++) {
      copy_patches(stage + line * stride * STAGE_WIDTH * CHANNELS, patches, out_width, stride, STAGE_WIDTH);
      take_moments(patches, out_width, MEAN(line_moments), PRODUCTS(line_moments));
      join_moments(moments, out_width, MEAN(line_moments), PRODUCTS(line_moments));
    }
  }
}

// Joins the parts, in order, into one, whose products become the covariance. One work-item.
__kernel GROUP void patch_join(VIEW(parts), VIEW_OUT(moments), int count) {
  BIND(parts);
  BIND_OUT(moments);
  if (get_global_id(0) > 0) return;
  for (int i = 0; i < MOMENTS; i++) moments[i] = parts[i];
  for (int p = 1; p < count; p++) {
    __global const float *part = parts + p * (long)MOMENTS;
    join_moments(moments, part[0], MEAN(part), PRODUCTS(part));
  }
  for (int i = 0; i < PATCH * ROW; i++) PRODUCTS(moments)[i] /= moments[0];
}

// What is noted of each filter: [NOTES][filters].
#define SCALE 0
#define INVERSE 1
#define SHIFT 2
#define FOLDED 3 // weights times scale, PATCH of them

// C w, of WIDTH filters.
INLINE floatw covariance_row(__global const float *moments, __global const float *weight, int filters,
                             int i) {
  floatw sum = 0;
  for (int j = 0; j < PATCH; j++)
    sum = fma((floatw)(PRODUCTS(moments)[i * ROW + j]), LOAD(weight + j * filters), sum);
  return sum;
}

// Statistics of each filter from those of the patches; moves the running ones, whose variance is the unbiased
// one. WIDTH filters a work-item.
__kernel GROUP void conv_norm_statistics(VIEW(moments), VIEW(weight), VIEW(bias), int with_bias, VIEW(gamma),
                                         VIEW(beta), VIEW_OUT(running_mean), VIEW_OUT(running_variance),
                                         VIEW_OUT(notes), int filters, float epsilon, float momentum) {
  BIND(moments);
  BIND(weight);
  BIND(bias);
  BIND(gamma);
  BIND(beta);
  BIND_OUT(running_mean);
  BIND_OUT(running_variance);
  BIND_OUT(notes);
  const int f = get_global_id(0) * WIDTH;
  if (f >= filters) return;
  weight += f;
  notes += f;
  __global const float *centre = MEAN(moments) + CENTRE_TAP;
  floatw variance = 0, centred_mean = 0, mean = with_bias ? LOAD(bias + f) : (floatw)(0);
  for (int k = 0; k < PATCH; k++) {
    const floatw w = LOAD(weight + k * filters);
    const float of_tap = MEAN(moments)[k];
    variance = fma(w, covariance_row(moments, weight, filters, k), variance);
    mean = fma(w, (floatw)(of_tap), mean);
    centred_mean = fma(w, (floatw)(of_tap - centre[TAP_CHANNEL(k)]), centred_mean);
  }
  // Rounding may leave a constant filter's below zero.
  variance = select(variance, (floatw)(0), variance < (floatw)(0));
  const float rows = moments[0];
  const floatw inverse = 1 / sqrt(variance + epsilon), scale = LOAD(gamma + f) * inverse;
  STORE(scale, notes + SCALE * filters);
  STORE(inverse, notes + INVERSE * filters);
  STORE(LOAD(beta + f) - centred_mean * scale, notes + SHIFT * filters);
  for (int k = 0; k < PATCH; k++) STORE(LOAD(weight + k * filters) * scale, notes + (FOLDED + k) * filters);
  const floatw old_mean = LOAD(running_mean + f), old_variance = LOAD(running_variance + f);
  STORE(old_mean + momentum * (mean - old_mean), running_mean + f);
  STORE(old_variance + momentum * (variance * (rows / max(rows - 1, 1.0f)) - old_variance),
        running_variance + f);
}

#define READ_CENTRE(moments)                                                                                 \
  float centre[CHANNELS];                                                                                    \
  for (int c = 0; c < CHANNELS; c++) centre[c] = MEAN(moments)[CENTRE_TAP + c];

// Reads x, moments and notes, writes y and, for each of its elements, a byte of `places`. A register tile is
// one window of four pixels, or four pixels of a line, of which those beyond its end are the last one again.
__kernel GROUP void conv_norm_forward(SHAPE, int blocks, VIEW(x), VIEW(moments), VIEW(notes), float slope,
                                      VIEW_OUT(y), VIEW_OUT(places), VIEW_OUT(scratch), int slot) {
  BIND(x);
  BIND(moments);
  BIND(notes);
  BIND_OUT(y);
  BIND_OUT(places);
  BIND_OUT(scratch);
  __global float *stage = scratch + TASK * (long)slot;
  __global uchar *place_of = (__global uchar *)places;
  __global const float *shift = notes + SHIFT * filters, *folded = notes + FOLDED * filters;
  READ_CENTRE(moments)
  const int lines = out_height / SIDE, columns = out_width / SIDE, row_step = STAGE_WIDTH * CHANNELS;
  for (int number = TASK; number < blocks; number += get_global_size(0)) {
    fill_stage(x + IMAGE(number) * (long)height * width * CHANNELS, stage, TOP(number), OUT_LINES(number),
               centre, height, width, stride, pad, STAGE_WIDTH);
    const int first = TOP(number) / SIDE, last = min(first + band, lines);
    for (int line = first; line < last; line++)
      for (int f = 0; f < filters; f += COLUMNS)
        for (int column = 0; column < columns; column += SIDE == 2 ? 1 : 4) {
          __global const float *from[4];
          UNROLL for (int q = 0; q < 4; q++) {
            const int down = (line - first) * SIDE + (SIDE == 2 ? q / 2 : 0);
            const int across = SIDE == 2 ? column * 2 + q % 2 : min(column + q, columns - 1);
            from[q] = stage + down * stride * row_step + across * stride * CHANNELS;
          }
          floatw z[4][VECTORS];
          UNROLL for (int q = 0; q < 4; q++) EACH_VECTOR z[q][j] = 0;
          UNROLL for (int k = 0; k < PATCH; k++) {
            const int at = k / RUN * row_step + k % RUN;
            EACH_VECTOR {
              const floatw w = LOAD(folded + k * filters + f + j * WIDTH);
              UNROLL for (int q = 0; q < 4; q++) z[q][j] = fma((floatw)(from[q][at]), w, z[q][j]);
            }
          }
          const long to = ((IMAGE(number) * (long)lines + line) * columns + column) * filters + f;
          EACH_VECTOR {
            const floatw level = LOAD(shift + f + j * WIDTH);
#if SIDE == 2
            const intw right = IS_LARGER(z[1][j], z[0][j]), last_right = IS_LARGER(z[3][j], z[2][j]);
            const floatw upper = select(z[0][j], z[1][j], right),
                         under = select(z[2][j], z[3][j], last_right);
            const intw lower = IS_LARGER(under, upper);
            const floatw largest = select(upper, under, lower) + level;
            const intw in_upper = select((intw)(0), (intw)(1), right);
            const intw in_lower = select((intw)(2), (intw)(3), last_right),
                       place = select(in_upper, in_lower, lower);
            const intw below = select((intw)(0), (intw)(BELOW), largest <= (floatw)(0));
            STORE(LEAKY(largest, slope), y + to + j * WIDTH);
            *(__global placew *)(place_of + to + j * WIDTH) = TO_PLACES(place | below);
#else
            UNROLL for (int q = 0; q < 4; q++) {
              const floatw value = z[q][j] + level;
              const long of_pixel = to + min(q, columns - 1 - column) * (long)filters + j * WIDTH;
              STORE(LEAKY(value, slope), y + of_pixel);
              *(__global placew *)(place_of + of_pixel) =
                  TO_PLACES(select((intw)(0), (intw)(BELOW), value <= (floatw)(0)));
            }
#endif
          }
        }
  }
}

// Vectors of a tile on the way back, where SOME_TAPS sums of each are in registers.
#if VECTORS % 2 == 0
#define BACK 2
#else
#define BACK 1
#endif
#define EACH_BACK UNROLL for (int j = 0; j < BACK; j++)

// Adds to sums [PATCH][filters] the products of taps k … k + SOME_TAPS − 1 with dz, and to `totals` dz alone,
// of one line of windows.
INLINE void add_line(__global const float *stage, __global const float *dy, __global const uchar *places,
                     int columns, int k, float slope, __global float *totals, __global float *sums,
                     int filters, int stride, int row_step) {
  floatw sum[SOME_TAPS][BACK], total[BACK];
  EACH_BACK {
    total[j] = 0;
    UNROLL for (int t = 0; t < SOME_TAPS; t++) sum[t][j] = 0;
  }
  for (int column = 0; column < columns; column++) {
    __global const float *from = stage + column * SIDE * stride * CHANNELS;
    floatw dz[SIDE * SIDE][BACK];
    EACH_BACK {
      const intw place = FROM_PLACES(*(__global const placew *)(places + column * (long)filters + j * WIDTH));
      const floatw gradient = LOAD(dy + column * (long)filters + j * WIDTH);
      const floatw all = select(gradient, gradient * slope, place >= (intw)(BELOW));
      total[j] += all;
      UNROLL for (int q = 0; q < SIDE * SIDE; q++) dz[q][j] =
          select((floatw)(0), all, (place & (intw)(BELOW - 1)) == (intw)(q));
    }
    UNROLL for (int q = 0; q < SIDE * SIDE; q++) {
      __global const float *pixel = from + q / SIDE * stride * row_step + q % SIDE * stride * CHANNELS;
      UNROLL for (int t = 0; t < SOME_TAPS; t++) {
        if (k + t >= PATCH) break;
        const floatw tap = (floatw)(pixel[(k + t) / RUN * row_step + (k + t) % RUN]);
        EACH_BACK sum[t][j] = fma(tap, dz[q][j], sum[t][j]);
      }
    }
  }
  EACH_BACK {
    if (k == 0) STORE(LOAD(totals + j * WIDTH) + total[j], totals + j * WIDTH);
    UNROLL for (int t = 0; t < SOME_TAPS; t++) {
      if (k + t >= PATCH) break;
      __global float *to = sums + (k + t) * filters + j * WIDTH;
      STORE(LOAD(to) + sum[t][j], to);
    }
  }
}

// Reads x, moments, dy and places, writes parts [P][1 + PATCH][filters]: Σ dz and Σ dz · (p − centre).
__kernel GROUP void conv_norm_backward(SHAPE, int blocks, VIEW(x), VIEW(moments), VIEW(dy), VIEW(places),
                                       float slope, VIEW_OUT(parts), VIEW_OUT(scratch), int slot) {
  BIND(x);
  BIND(moments);
  BIND(dy);
  BIND(places);
  BIND_OUT(parts);
  BIND_OUT(scratch);
  __global float *stage = scratch + TASK * (long)slot;
  __global const uchar *place_of = (__global const uchar *)places;
  __global float *totals = parts + TASK * (long)(1 + PATCH) * filters, *sums = totals + filters;
  READ_CENTRE(moments)
  for (int i = 0; i < (1 + PATCH) * filters; i += WIDTH) STORE((floatw)(0), totals + i);
  const int lines = out_height / SIDE, columns = out_width / SIDE, row_step = STAGE_WIDTH * CHANNELS;
  for (int number = TASK; number < blocks; number += get_global_size(0)) {
    fill_stage(x + IMAGE(number) * (long)height * width * CHANNELS, stage, TOP(number), OUT_LINES(number),
               centre, height, width, stride, pad, STAGE_WIDTH);
    const int first = TOP(number) / SIDE, last = min(first + band, lines);
    for (int line = first; line < last; line++)
      for (int f = 0; f < filters; f += BACK * WIDTH) {
        const long at = (IMAGE(number) * (long)lines + line) * columns * filters + f;
        UNROLL for (int k = 0; k < PATCH; k += SOME_TAPS)
            add_line(stage + (line - first) * SIDE * stride * row_step, dy + at, place_of + at, columns, k,
                     slope, totals + f, sums + f, filters, stride, row_step);
      }
  }
}

// Joins the parts, in order, and adds to the gradients. WIDTH filters a work-item.
__kernel GROUP void conv_norm_gradients(VIEW(parts), int count, VIEW(moments), VIEW(notes), VIEW(weight),
                                        VIEW_OUT(dweight), VIEW_OUT(dgamma), VIEW_OUT(dbeta), int filters) {
  BIND(parts);
  BIND(moments);
  BIND(notes);
  BIND(weight);
  BIND_OUT(dweight);
  BIND_OUT(dgamma);
  BIND_OUT(dbeta);
  const int f = get_global_id(0) * WIDTH;
  if (f >= filters) return;
  weight += f;
  notes += f;
  floatw sums[1 + PATCH], product = 0;
  for (int k = 0; k < 1 + PATCH; k++) {
    sums[k] = 0;
    for (int p = 0; p < count; p++) sums[k] += LOAD(parts + (p * (1 + PATCH) + k) * (long)filters + f);
  }
  __global const float *centre = MEAN(moments) + CENTRE_TAP;
  for (int k = 0; k < PATCH; k++) {
    sums[1 + k] -= sums[0] * (MEAN(moments)[k] - centre[TAP_CHANNEL(k)]);
    product = fma(LOAD(weight + k * filters), sums[1 + k], product);
  }
  const floatw inverse = LOAD(notes + INVERSE * filters), scale = LOAD(notes + SCALE * filters);
  STORE(LOAD(dbeta + f) + sums[0], dbeta + f);
  STORE(LOAD(dgamma + f) + product * inverse, dgamma + f);
  const floatw along = product * inverse * inverse;
  for (int k = 0; k < PATCH; k++) {
    __global float *to = dweight + k * filters + f;
    STORE(LOAD(to) + scale * (sums[1 + k] - along * covariance_row(moments, weight, filters, k)), to);
  }
}
