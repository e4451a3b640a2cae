// 8-bit pictures to the network's input. Reads pictures [count,H,W,C] bytes, of which indices[first + n] is
// the n-th of this launch, and writes y [N,H,W,C] floats. Grid: (one work-group, blocks of rows, N).
//
// The host defines (src/compute/augment.c):
//   CHANNELS  C, 1 or 3
//   STREAM    the number of the stream of random draws
#include "common.clh"
#include "random.clh"
#include "augment_table.clh"
#ifndef CHANNELS
#define CHANNELS 1
#endif
#ifndef STREAM
#define STREAM 4
#endif
#if WIDTH == 1
#define TO_INT(v) convert_int(v)
#define TO_FLOAT(v) convert_float(v)
#else
#define TO_INT(v) JOIN(convert_int, WIDTH)(v)
#define TO_FLOAT(v) JOIN(convert_float, WIDTH)(v)
#endif

// The last step of both kernels. A product and a sum, each rounded: every device and the host give the same
// bits.
static inline float normalised(float value, float scale, float offset) {
#pragma OPENCL FP_CONTRACT OFF
  const float product = value * scale;
  return product + offset;
}

// The two highest bits of an index are quarter turns of the picture (SIAM_INDEX_TURN_SHIFT).
static inline uint index_of(__global const int *indices, int first) {
  return (uint)indices[first + (int)get_global_id(2)];
}

static inline __global const uchar *picture_of(__global const uchar *pictures, __global const int *indices,
                                               int first, int height, int width) {
  return pictures + (ulong)(index_of(indices, first) & 0x3fffffffu) * height * width * CHANNELS;
}

// y = v · scale + offset: no augmentation, no resampling.
__kernel GROUP void normalise(__global const uchar *restrict pictures, __global const int *restrict indices,
                              VIEW(table), VIEW_OUT(y), const int first, const int height, const int width,
                              const int block_rows) {
  BIND(table);
  BIND_OUT(y);
  const int row_values = width * CHANNELS;
  const int begin = (int)get_group_id(1) * block_rows * row_values;
  const int end = min(begin + block_rows * row_values, height * row_values);
  __global const uchar *picture = picture_of(pictures, indices, first, height, width);
  __global float *out = y + get_global_id(2) * (ulong)(height * row_values);
  for (int i = begin + (int)get_local_id(0) * CHANNELS; i < end; i += LOCAL * CHANNELS)
    for (int c = 0; c < CHANNELS; c++)
      out[i + c] = normalised((float)picture[i + c], table[AT_SCALE + c], table[AT_OFFSET + c]);
}

typedef struct image_draws {
  uint2 seed;
  uint step, position;
} image_draws;

static inline uint4 draw(const image_draws draws, uint number) {
  return philox(draws.seed, (uint4)(number, draws.position, draws.step, STREAM));
}

#if WIDTH > 4
// philox() for the draws of one vector of pixels, four pixels a draw, side by side.
#if WIDTH == 16
typedef uint4 uint_draws;
typedef ulong4 ulong_draws;
#define TO_ULONG convert_ulong4
#define TO_UINT convert_uint4
#else
typedef uint2 uint_draws;
typedef ulong2 ulong_draws;
#define TO_ULONG convert_ulong2
#define TO_UINT convert_uint2
#endif
static inline void philox_side_by_side(uint2 key, uint_draws x, uint_draws y, uint_draws z, uint_draws w,
                                       uint_draws words[4]) {
  PHILOX_ROUNDS(ulong_draws, TO_ULONG, TO_UINT)
  words[0] = x;
  words[1] = y;
  words[2] = z;
  words[3] = w;
}
#endif

// A word as a bell-shaped number of mean 0 and deviation 1: the sum of its four bytes (Irwin and Hall 1927).
// Whole numbers until the last product, so every device draws the same; it ends at ±3.45.
static inline float bell_of(uint word) {
  const uint pairs = (word & 0x00ff00ffu) + ((word >> 8) & 0x00ff00ffu);
  return (float)((int)((pairs & 0xffffu) + (pairs >> 16)) - 510) * (1.0f / 147.8005413f);
}

// What happens to one picture: drawn by the work-group together, then read by all its work-items.
typedef struct image_plan {
  float amount[PARTS];
  float4 inverse; // source offset = (x, y; z, w) · offset in the output, both from their centres
  int4 erased;    // left, top, right, bottom; the latter two are outside
  float2 wave[MOST_POINTS][MOST_POINTS];
} image_plan;

static float amount_of(const image_draws draws, __global const float *table, int part) {
  const uint4 words = draw(draws, part);
  const float low = table[part * ROW + ROW_LOWEST], high = table[part * ROW + ROW_HIGHEST];
  const bool happens = uniform_of(words.x) < table[part * ROW + ROW_PROBABILITY];
  return happens ? low + uniform_of(words.y) * (high - low) : 0.0f;
}

static void draw_waves(const image_draws draws, __global const float *table, int spans,
                       __local image_plan *plan) {
  const int side = spans + 3, points = side * side;
  for (int pair = get_local_id(0); pair * 2 < points; pair += LOCAL) {
    const uint4 words = draw(draws, DRAW_WAVES + pair);
    const uint word[4] = {words.x, words.y, words.z, words.w};
    for (int k = 0; k < 2 && pair * 2 + k < points; k++) {
      const int point = pair * 2 + k;
      plan->wave[point / side][point % side] =
          (float2)(bell_of(word[2 * k]) * table[AT_WAVE_X], bell_of(word[2 * k + 1]) * table[AT_WAVE_Y]);
    }
  }
}

// The inverse of: mirror, quarter turns, stretch, shear, rotate.
static float4 inverse_of(__local const image_plan *plan) {
  __local const float *amount = plan->amount;
  const float cosine = cos(amount[PART_ROTATION]), sine = sin(amount[PART_ROTATION]);
  const float shear_x = amount[PART_SHEAR_X], shear_y = amount[PART_SHEAR_Y];
  const float determinant = 1.0f - shear_x * shear_y;
  const float across = exp(-amount[PART_SCALE] - 0.5f * amount[PART_ASPECT]) / determinant;
  const float down = exp(-amount[PART_SCALE] + 0.5f * amount[PART_ASPECT]) / determinant;
  float2 to_x = across * (float2)(cosine + shear_x * sine, sine - shear_x * cosine);
  float2 to_y = down * (float2)(-shear_y * cosine - sine, cosine - shear_y * sine);
  for (int turns = (int)amount[PART_TURN]; turns > 0; turns--) {
    const float2 kept = to_x;
    to_x = to_y;
    to_y = -kept;
  }
  if (amount[PART_FLIP_X] != 0.0f) to_x = -to_x;
  if (amount[PART_FLIP_Y] != 0.0f) to_y = -to_y;
  return (float4)(to_x, to_y);
}

static int4 erased_of(const image_draws draws, __global const float *table, int height, int width) {
  const uint4 sides = draw(draws, PART_ERASE), place = draw(draws, DRAW_ERASE_PLACE);
  const int least_x = (int)table[AT_ERASE_WIDTH_LOWEST], least_y = (int)table[AT_ERASE_HEIGHT_LOWEST];
  const int across = least_x + mul_hi(sides.y, (uint)(table[AT_ERASE_WIDTH_HIGHEST] - least_x + 1));
  const int down = least_y + mul_hi(sides.z, (uint)(table[AT_ERASE_HEIGHT_HIGHEST] - least_y + 1));
  const int left = mul_hi(place.x, (uint)(width - across + 1));
  const int top = mul_hi(place.y, (uint)(height - down + 1));
  return (int4)(left, top, left + across, top + down);
}

static void make_plan(const image_draws draws, __global const float *table, int height, int width, int spans,
                      uint turns, __local image_plan *plan) {
  for (int part = get_local_id(0); part < PARTS; part += LOCAL)
    plan->amount[part] = amount_of(draws, table, part) + (part == PART_TURN ? (float)turns : 0.0f);
  barrier(CLK_LOCAL_MEM_FENCE);
  if (plan->amount[PART_ELASTIC] != 0.0f) draw_waves(draws, table, spans, plan);
  if (get_local_id(0) == 0) {
    plan->inverse = inverse_of(plan);
    plan->erased = (int4)(0);
    if (plan->amount[PART_ERASE] != 0.0f) plan->erased = erased_of(draws, table, height, width);
  }
  barrier(CLK_LOCAL_MEM_FENCE);
}

// The uniform cubic B-spline at a distance from its knot, as a difference of two cubes.
static inline floatw spline(floatw distance) {
  const floatw outer = max(2.0f - fabs(distance), 0.0f), inner = max(1.0f - fabs(distance), 0.0f);
  return (outer * outer * outer - 4.0f * inner * inner * inner) * (1.0f / 6.0f);
}
static inline float4 spline_weights(float fraction) {
  const float4 distance = fabs((float4)(fraction + 1.0f, fraction, fraction - 1.0f, fraction - 2.0f));
  const float4 outer = max(2.0f - distance, 0.0f), inner = max(1.0f - distance, 0.0f);
  return (outer * outer * outer - 4.0f * inner * inner * inner) * (1.0f / 6.0f);
}

// Adds the smooth displacement of WIDTH neighbours in a row to their source coordinates.
static inline void add_waves(__local const image_plan *plan, int spans, int row, int height, int left,
                             int width, floatw x, floatw *source_x, floatw *source_y) {
  const float at_y = (row + 0.5f) * spans / height, per_pixel = (float)spans / width;
  const int first_y = min((int)at_y, spans - 1), right = min(left + WIDTH, width) - 1;
  const float4 weight_y = spline_weights(at_y - first_y);
  const floatw at_x = (x + 0.5f) * per_pixel;
  const int first_x = min((int)((left + 0.5f) * per_pixel), spans - 1);
  const int last_x = min((int)((right + 0.5f) * per_pixel), spans - 1) + 3;
  for (int k = first_x; k <= last_x; k++) {
    const float2 column = weight_y.x * plan->wave[first_y][k] + weight_y.y * plan->wave[first_y + 1][k] +
                          weight_y.z * plan->wave[first_y + 2][k] + weight_y.w * plan->wave[first_y + 3][k];
    const floatw weight = spline(at_x - (float)(k - 1));
    *source_x += weight * column.x;
    *source_y += weight * column.y;
  }
}

// Bilinear values of one channel; the coordinates lie inside the picture.
static inline floatw sampled(__global const uchar *picture, const int height, const int width, int channel,
                             floatw x, floatw y) {
  const intw left = TO_INT(min(x, (float)max(width - 2, 0))), top = TO_INT(min(y, (float)max(height - 2, 0)));
  const floatw part_x = x - TO_FLOAT(left), part_y = y - TO_FLOAT(top);
  const intw place = (top * width + left) * CHANNELS + channel;
  const int right = width > 1 ? CHANNELS : 0, below = height > 1 ? width * CHANNELS : 0;
  floatw corner[4];
  UNROLL for (int i = 0; i < WIDTH; i++) {
    __global const uchar *at = picture + ((const int *)&place)[i];
    ((float *)&corner[0])[i] = at[0];
    ((float *)&corner[1])[i] = at[right];
    ((float *)&corner[2])[i] = at[below];
    ((float *)&corner[3])[i] = at[below + right];
  }
  const floatw above = corner[0] + part_x * (corner[1] - corner[0]);
  const floatw under = corner[2] + part_x * (corner[3] - corner[2]);
  return above + part_y * (under - above);
}

// Tone, contrast, brightness and noise, on values of 0 … 255.
static inline floatw lit(floatw value, floatw bell, __local const float *amount, float odds, float factor,
                         float mean) {
  value = 255.0f * value / (value + odds * (255.0f - value));
  value = (value - mean) * factor + mean + amount[PART_BRIGHTNESS] + amount[PART_NOISE] * bell;
  return clamp(value, 0.0f, 255.0f);
}

// Bell-shaped noise of WIDTH neighbours in a row and channel; `left` is a multiple of WIDTH. Vectors of draws:
// with one draw at a time, noise would cost more than all the rest.
static inline floatw noise_of(const image_draws draws, int row, int left, int width, int channel) {
  const uint first = DRAW_NOISE + (row * ((width + 3) / 4) + left / 4) * CHANNELS + channel;
#if WIDTH == 1
  const uint4 words = draw(draws, first);
  const int k = left % 4;
  return bell_of(k == 0 ? words.x : k == 1 ? words.y : k == 2 ? words.z : words.w);
#elif WIDTH == 4
  const uint4 words = draw(draws, first);
  return (floatw)(bell_of(words.x), bell_of(words.y), bell_of(words.z), bell_of(words.w));
#else
  uint_draws number, words[4];
  UNROLL for (uint i = 0; i < WIDTH / 4; i++)((uint *)&number)[i] = first + i * CHANNELS;
  philox_side_by_side(draws.seed, number, (uint_draws)(draws.position), (uint_draws)(draws.step),
                      (uint_draws)(STREAM), words);
  floatw bell;
  UNROLL for (int i = 0; i < WIDTH; i++)((float *)&bell)[i] = bell_of(((const uint *)&words[i % 4])[i / 4]);
  return bell;
#endif
}

// clock: words step, seed low, seed high. Draws: (seed, stream, step, index) with index high word = position
// in the batch, low word as in augment_table.clh. spans: of the control grid, along each axis.
__kernel GROUP void augment(__global const uchar *restrict pictures, __global const int *restrict indices,
                            __global const uint *restrict clock, VIEW(table), VIEW_OUT(y), const int first,
                            const int height, const int width, const int block_rows, const int spans) {
  BIND(table);
  BIND_OUT(y);
  __local image_plan shared_plan;
  __local image_plan *plan = &shared_plan;
  __local float *amount = plan->amount;
  const image_draws draws = {(uint2)(clock[1], clock[2]), clock[0], (uint)(first + (int)get_global_id(2))};
  make_plan(draws, table, height, width, spans, index_of(indices, first) >> 30, plan);

  const bool waves = amount[PART_ELASTIC] != 0.0f, noisy = amount[PART_NOISE] != 0.0f;
  const bool light = noisy || amount[PART_BRIGHTNESS] != 0.0f || amount[PART_CONTRAST] != 0.0f ||
                     amount[PART_TONE] != 0.0f;
  const bool erase = amount[PART_ERASE] != 0.0f, erase_noise = erase && table[AT_ERASE_NOISE] != 0.0f;
  const float odds = exp(-amount[PART_TONE]), factor = exp(amount[PART_CONTRAST]);
  const float4 inverse = plan->inverse;
  const int4 erased = plan->erased;
  const float middle_x = 0.5f * (width - 1), middle_y = 0.5f * (height - 1);

  floatw lane;
  UNROLL for (int i = 0; i < WIDTH; i++)((float *)&lane)[i] = i;
  __global const uchar *picture = picture_of(pictures, indices, first, height, width);
  __global float *out = y + get_global_id(2) * ((ulong)height * width * CHANNELS);
  const int chunks = (width + WIDTH - 1) / WIDTH, first_row = (int)get_group_id(1) * block_rows;
  const int end = (min(first_row + block_rows, height) - first_row) * chunks;
  for (int chunk = get_local_id(0); chunk < end; chunk += LOCAL) {
    const int row = first_row + chunk / chunks, left = chunk % chunks * WIDTH;
    const floatw x = (float)left + lane;
    const floatw from_x = x - (middle_x + amount[PART_SHIFT_X]);
    const float from_y = row - (middle_y + amount[PART_SHIFT_Y]);
    floatw source_x = middle_x + (inverse.x * from_x + inverse.y * from_y);
    floatw source_y = middle_y + (inverse.z * from_x + inverse.w * from_y);
    if (waves) add_waves(plan, spans, row, height, left, width, x, &source_x, &source_y);
    source_x = clamp(source_x, 0.0f, (float)(width - 1));
    source_y = clamp(source_y, 0.0f, (float)(height - 1));
    for (int c = 0; c < CHANNELS; c++) {
      floatw value = sampled(picture, height, width, c, source_x, source_y);
      floatw bell = (floatw)(0.0f);
      if (noisy || erase_noise) bell = noise_of(draws, row, left, width, c);
      if (light) value = lit(value, bell, amount, odds, factor, table[AT_MEAN + c]);
      for (int i = 0; i < WIDTH && left + i < width; i++) {
        const int column = left + i;
        const bool hidden = row >= erased.y && row < erased.w && column >= erased.x && column < erased.z;
        float result = normalised(((const float *)&value)[i], table[AT_SCALE + c], table[AT_OFFSET + c]);
        if (hidden) result = erase_noise ? ((const float *)&bell)[i] : 0.0f;
        out[(row * width + column) * CHANNELS + c] = result;
      }
    }
  }
}
