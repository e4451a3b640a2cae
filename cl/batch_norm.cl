// Batch normalisation over the rows of x [rows, channels], with a (leaky) ReLU and 2×2 max pooling behind it:
//   z = scale · x + shift,  a = max(z, slope · z)  (slope 1: no activation),  y = a, or its maximum over 2×2
// where scale = gamma / √(variance + epsilon) and shift = beta − mean · scale.
// Memory order: NHWC, so a row is one pixel's channels, and channels run along the vectors.
//
// Per channel notes (`notes` [6, channels]): 0 mean, 1 1/√(variance+epsilon), 2 scale, 3 shift, and from the
// backward pass 4, 5: the coefficients of x − mean and 1 in dx.
//
// VECTOR: floats in a vector, a divisor of channels.  POOL: 0, or 2 for pooling.
#include "activation.clh"
#include "common.clh"
#include "pool.clh"
#ifndef POOL
#define POOL 0
#endif
#define BLOCK 32 // Rows summed in registers before they join a longer sum: keeps the rounding error small.

// Work-item (·, slice) owns rows first … last−1.
#define SLICE(rows)                                                                                          \
  const int slice = get_global_id(1), slices = get_global_size(1);                                           \
  const int share = ((rows) + slices - 1) / slices;                                                          \
  const int first = min(slice * share, (rows)), last = min(first + share, (rows));
// Channel offsets of this work-item.
#define EACH_VECTOR(c)                                                                                       \
  for (int c = get_global_id(0) * WIDTH; c + WIDTH <= channels; c += get_global_size(0) * WIDTH)

// Reads x, writes partial [slices, 2, channels]: mean and sum of squared deviations of each slice, built up
// block by block (Chan, Golub and LeVeque 1983).
__kernel GROUP void batch_norm_partial(VIEW(x), VIEW_OUT(partial), const int rows, const int channels) {
  BIND(x);
  BIND_OUT(partial);
  SLICE(rows)
  __global float *means = partial + (ulong)slice * 2 * channels, *squares = means + channels;
  EACH_VECTOR(c) {
    STORE((floatw)(0), means + c);
    STORE((floatw)(0), squares + c);
  }
  for (int block = first; block < last; block += BLOCK) {
    const int end = min(block + BLOCK, last);
    const float before = block - first, now = end - block, weight = now / (before + now);
    EACH_VECTOR(c) {
      floatw sum = 0, square = 0;
      for (int r = block; r < end; r++) sum += LOAD(x + (ulong)r * channels + c);
      const floatw mean = sum / now;
      for (int r = block; r < end; r++) {
        const floatw deviation = LOAD(x + (ulong)r * channels + c) - mean;
        square += deviation * deviation;
      }
      const floatw old = LOAD(means + c), delta = mean - old;
      STORE(old + delta * weight, means + c);
      STORE(LOAD(squares + c) + square + delta * delta * (before * weight), squares + c);
    }
  }
}

// Joins the slices, in order, one channel a work-item. Writes notes 0 … 3 and moves the running statistics,
// whose variance is the unbiased one.
__kernel GROUP void batch_norm_finish(VIEW(partial), VIEW(gamma), VIEW(beta), VIEW_OUT(running_mean),
                                      VIEW_OUT(running_variance), VIEW_OUT(notes), const int rows,
                                      const int channels, const int slices, const float epsilon,
                                      const float momentum) {
  BIND(partial);
  BIND(gamma);
  BIND(beta);
  BIND_OUT(running_mean);
  BIND_OUT(running_variance);
  BIND_OUT(notes);
  const int c = get_global_id(0), share = (rows + slices - 1) / slices;
  if (c >= channels) return;
  float mean = 0, square = 0, before = 0;
  for (int s = 0; s < slices; s++) {
    const float now = min((s + 1) * share, rows) - min(s * share, rows);
    if (now <= 0) break;
    const float delta = partial[(ulong)s * 2 * channels + c] - mean, weight = now / (before + now);
    mean += delta * weight;
    square += partial[((ulong)s * 2 + 1) * channels + c] + delta * delta * before * weight;
    before += now;
  }
  const float variance = square / rows, inverse = 1 / sqrt(variance + epsilon);
  notes[c] = mean;
  notes[channels + c] = inverse;
  notes[2 * channels + c] = gamma[c] * inverse;
  notes[3 * channels + c] = beta[c] - mean * (gamma[c] * inverse);
  running_mean[c] += momentum * (mean - running_mean[c]);
  running_variance[c] += momentum * (square / max(rows - 1, 1) - running_variance[c]);
}

#define DERIVATIVE(z) select((floatw)(1), (floatw)(slope), (z) <= (floatw)(0))

// Outside training: notes 0 … 3 from the running statistics.
__kernel GROUP void batch_norm_fixed(VIEW(gamma), VIEW(beta), VIEW(running_mean), VIEW(running_variance),
                                     VIEW_OUT(notes), const int channels, const float epsilon) {
  BIND(gamma);
  BIND(beta);
  BIND(running_mean);
  BIND(running_variance);
  BIND_OUT(notes);
  const int c = get_global_id(0);
  if (c >= channels) return;
  const float inverse = 1 / sqrt(running_variance[c] + epsilon);
  notes[c] = running_mean[c];
  notes[channels + c] = inverse;
  notes[2 * channels + c] = gamma[c] * inverse;
  notes[3 * channels + c] = beta[c] - running_mean[c] * (gamma[c] * inverse);
}

// Row of x at the corner of pooling window q of [images, ceil(height/2), ceil(width/2)], how far the window
// reaches, and the row of y (−1: a window cut by the edge, which pooling leaves out).
#define WINDOW(q)                                                                                            \
  const int columns = (width + 1) / 2, lines = (height + 1) / 2;                                             \
  const int wx = (q) % columns, wy = (q) / columns % lines, image = (q) / columns / lines;                   \
  const int corner = (image * height + 2 * wy) * width + 2 * wx;                                             \
  const int reach_x = min(2, width - 2 * wx), reach_y = min(2, height - 2 * wy);                             \
  const int pooled = reach_x == 2 && reach_y == 2 ? (image * (height / 2) + wy) * (width / 2) + wx : -1;

// Reads x and notes, writes y. `places`: rows without pooling, windows with.
__kernel GROUP void batch_norm_apply(VIEW(x), VIEW(notes), VIEW_OUT(y), const int places, const int height,
                                     const int width, const int channels, const float slope) {
  BIND(x);
  BIND(notes);
  BIND_OUT(y);
  SLICE(places)
  for (int q = first; q < last; q++) {
#if POOL
    WINDOW(q)
    if (pooled < 0) continue;
#endif
    EACH_VECTOR(c) {
      const floatw scale = LOAD(notes + 2 * channels + c), shift = LOAD(notes + 3 * channels + c);
#if POOL
      __global const float *p = x + (ulong)corner * channels + c;
      const ulong below = (ulong)width * channels;
      const floatw z0 = fma(LOAD(p), scale, shift), z1 = fma(LOAD(p + channels), scale, shift);
      const floatw z2 = fma(LOAD(p + below), scale, shift);
      const floatw z3 = fma(LOAD(p + below + channels), scale, shift);
      const floatw z01 = LARGER(z0, z1), z23 = LARGER(z2, z3), z = LARGER(z01, z23);
      STORE(LEAKY(z, slope), y + (ulong)pooled * channels + c);
#else
      const floatw z = fma(LOAD(x + (ulong)q * channels + c), scale, shift);
      STORE(LEAKY(z, slope), y + (ulong)q * channels + c);
#endif
    }
  }
}

// The gradient before the activation, dz = dy · f′(z), at the pixels of place q; with pooling only the first
// largest pixel of the window gets it, or a NaN.
#if POOL
#define GRADIENTS(p, g)                                                                                      \
  const floatw z0 = fma(LOAD(p), scale, shift), z1 = fma(LOAD(p + channels), scale, shift);                  \
  const floatw z2 = fma(LOAD(p + below), scale, shift), z3 = fma(LOAD(p + below + channels), scale, shift);  \
  const floatw z01 = LARGER(z0, z1), z23 = LARGER(z2, z3), z = LARGER(z01, z23);                             \
  const floatw dz = (g)*DERIVATIVE(z), none = 0;                                                             \
  const intw in_lower = IS_LARGER(z23, z01), in_right = IS_LARGER(z1, z0), in_last = IS_LARGER(z3, z2);      \
  const floatw up = select(dz, none, in_lower), down = select(none, dz, in_lower);                           \
  const floatw d0 = select(up, none, in_right), d1 = select(none, up, in_right);                             \
  const floatw d2 = select(down, none, in_last), d3 = select(none, down, in_last);
#endif

// Reads x, notes and dy, writes partial [slices, 2, channels]: Σ dz and Σ dz · (x −
// mean)/√(variance+epsilon).
__kernel GROUP void batch_norm_backward_partial(VIEW(x), VIEW(notes), VIEW(dy), VIEW_OUT(partial),
                                                const int places, const int height, const int width,
                                                const int channels, const float slope) {
  BIND(x);
  BIND(notes);
  BIND(dy);
  BIND_OUT(partial);
  SLICE(places)
  __global float *shifts = partial + (ulong)slice * 2 * channels, *scales = shifts + channels;
  EACH_VECTOR(c) {
    STORE((floatw)(0), shifts + c);
    STORE((floatw)(0), scales + c);
  }
  for (int block = first; block < last; block += BLOCK) {
    const int end = min(block + BLOCK, last);
    EACH_VECTOR(c) {
      const floatw mean = LOAD(notes + c), inverse = LOAD(notes + channels + c);
      const floatw scale = LOAD(notes + 2 * channels + c), shift = LOAD(notes + 3 * channels + c);
      floatw sum = 0, product = 0;
      for (int q = block; q < end; q++) {
#if POOL
        WINDOW(q)
        if (pooled < 0) continue;
        __global const float *p = x + (ulong)corner * channels + c;
        const ulong below = (ulong)width * channels;
        const floatw g = LOAD(dy + (ulong)pooled * channels + c);
        GRADIENTS(p, g)
        sum += dz;
        product += d0 * (LOAD(p) - mean) + d1 * (LOAD(p + channels) - mean) + d2 * (LOAD(p + below) - mean) +
                   d3 * (LOAD(p + below + channels) - mean);
#else
        const floatw value = LOAD(x + (ulong)q * channels + c);
        const floatw z = fma(value, scale, shift);
        const floatw dz = LOAD(dy + (ulong)q * channels + c) * DERIVATIVE(z);
        sum += dz;
        product += dz * (value - mean);
#endif
      }
      STORE(LOAD(shifts + c) + sum, shifts + c);
      STORE(LOAD(scales + c) + product * inverse, scales + c);
    }
  }
}

// Joins the slices, adds to the gradients of gamma and beta, writes notes 4 and 5 for
// dx = scale · (dz − Σdz/rows − x̂ · Σ(dz·x̂)/rows); with fixed statistics only the first term is there.
__kernel GROUP void batch_norm_backward_finish(VIEW(partial), VIEW_OUT(notes), VIEW_OUT(dgamma),
                                               VIEW_OUT(dbeta), const int rows, const int channels,
                                               const int slices, const int training) {
  BIND(partial);
  BIND_OUT(notes);
  BIND_OUT(dgamma);
  BIND_OUT(dbeta);
  const int c = get_global_id(0);
  if (c >= channels) return;
  float sum = 0, product = 0;
  for (int s = 0; s < slices; s++) {
    sum += partial[(ulong)s * 2 * channels + c];
    product += partial[((ulong)s * 2 + 1) * channels + c];
  }
  dbeta[c] += sum;
  dgamma[c] += product;
  const float inverse = notes[channels + c], scale = training ? notes[2 * channels + c] : 0;
  notes[4 * channels + c] = -scale * product / rows * inverse;
  notes[5 * channels + c] = -scale * sum / rows;
}

// Reads x, notes and dy, writes dx.
__kernel GROUP void batch_norm_backward_apply(VIEW(x), VIEW(notes), VIEW(dy), VIEW_OUT(dx), const int places,
                                              const int height, const int width, const int channels,
                                              const float slope) {
  BIND(x);
  BIND(notes);
  BIND(dy);
  BIND_OUT(dx);
  SLICE(places)
  for (int q = first; q < last; q++) {
#if POOL
    WINDOW(q)
#endif
    EACH_VECTOR(c) {
      const floatw mean = LOAD(notes + c), scale = LOAD(notes + 2 * channels + c);
      const floatw shift = LOAD(notes + 3 * channels + c), slant = LOAD(notes + 4 * channels + c);
      const floatw level = LOAD(notes + 5 * channels + c);
#define INPUT_GRADIENT(value, dz) fma(scale, dz, fma(slant, (value)-mean, level))
#if POOL
      __global const float *p = x + (ulong)corner * channels + c;
      __global float *d = dx + (ulong)corner * channels + c;
      const ulong below = (ulong)width * channels;
      if (pooled >= 0) {
        const floatw g = LOAD(dy + (ulong)pooled * channels + c);
        GRADIENTS(p, g)
        STORE(INPUT_GRADIENT(LOAD(p), d0), d);
        STORE(INPUT_GRADIENT(LOAD(p + channels), d1), d + channels);
        STORE(INPUT_GRADIENT(LOAD(p + below), d2), d + below);
        STORE(INPUT_GRADIENT(LOAD(p + below + channels), d3), d + below + channels);
      } else {
        for (int j = 0; j < reach_y; j++)
          for (int i = 0; i < reach_x; i++) {
            const ulong at = j * below + i * (ulong)channels;
            STORE(INPUT_GRADIENT(LOAD(p + at), (floatw)(0)), d + at);
          }
      }
#else
      const floatw value = LOAD(x + (ulong)q * channels + c), z = fma(value, scale, shift);
      const floatw dz = LOAD(dy + (ulong)q * channels + c) * DERIVATIVE(z);
      STORE(INPUT_GRADIENT(value, dz), dx + (ulong)q * channels + c);
#endif
    }
  }
}
