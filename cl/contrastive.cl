// Contrastive loss on embeddings [rows, dimensions]. A work-item takes one pair or one row; sums over items
// run in order in a kernel of one work-item, so they repeat bit for bit.
// parts [·, 6]: loss of same pairs, of different pairs, distances same, different; counts same, active.
// result [8]: see siam_loss_word.
#include "common.clh"
#define PART_WORDS 6

static inline float squared_distance(__global const float *a, __global const float *b, const int dimensions) {
  floatw sums = 0;
  int i = 0;
  for (; i + WIDTH <= dimensions; i += WIDTH) {
    const floatw difference = LOAD(a + i) - LOAD(b + i);
    sums = fma(difference, difference, sums);
  }
  float parts[WIDTH], total = 0;
  *(unaligned_floatw *)parts = sums;
  for (int k = 0; k < WIDTH; k++) total += parts[k];
  for (; i < dimensions; i++) total = fma(a[i] - b[i], a[i] - b[i], total);
  return total;
}

// What the gradient of a pair at distance d is of a − b, before averaging. At distance 0 a different pair has
// no direction to be pushed in.
static inline float pull(const int same, const float d, const float margin) {
  if (same) return 1;
  return d > 0 && d < margin ? (d - margin) / d : 0;
}

// Pair i: rows i and pairs + i; labels [pairs]: 1 same.
__kernel GROUP void contrastive_drawn(VIEW(embeddings), __global const int *labels, VIEW_OUT(gradients),
                                      VIEW_OUT(parts), const int pairs, const int dimensions,
                                      const float margin) {
  BIND(embeddings);
  BIND_OUT(gradients);
  BIND_OUT(parts);
  const int pair = get_global_id(0);
  if (pair >= pairs) return;
  const ulong first = (ulong)pair * dimensions, second = (ulong)(pairs + pair) * dimensions;
  const float d = sqrt(squared_distance(embeddings + first, embeddings + second, dimensions));
  const int same = labels[pair] != 0;
  const float missing = d < margin || isnan(d) ? margin - d : 0, factor = pull(same, d, margin) / pairs;
  __global float *part = parts + pair * PART_WORDS;
  part[0] = same ? d * d / 2 : 0;
  part[1] = same ? 0 : missing * missing / 2;
  part[2] = same ? d : 0;
  part[3] = same ? 0 : d;
  part[4] = same;
  part[5] = !same && d < margin;
  for (int i = 0; i < dimensions; i++) {
    const float gradient = factor * (embeddings[first + i] - embeddings[second + i]);
    gradients[first + i] = gradient;
    gradients[second + i] = -gradient;
  }
}

static inline void add_parts(__global const float *parts, const int count, float *totals) {
  for (int k = 0; k < PART_WORDS; k++) {
    totals[k] = 0;
    for (int i = 0; i < count; i++) totals[k] += parts[i * PART_WORDS + k];
  }
}

static inline void write_result(const float *totals, const float different, const float loss,
                                __global float *result) {
  result[0] = loss;
  result[1] = totals[2] / max(totals[4], 1.0f);
  result[2] = totals[3] / max(different, 1.0f);
  result[3] = totals[4];
  result[4] = different;
  result[5] = totals[5];
}

__kernel GROUP void contrastive_finish_drawn(VIEW(parts), VIEW_OUT(result), const int pairs) {
  BIND(parts);
  BIND_OUT(result);
  if (get_global_id(0) != 0) return;
  float totals[PART_WORDS];
  add_parts(parts, pairs, totals);
  write_result(totals, pairs - totals[4], (totals[0] + totals[1]) / pairs, result);
}

// Whether row's `hardest` nearest different rows include `other`, from the last of them (limits [rows, 2]:
// distance and number; equal distances go by number).
static inline int is_chosen(__global const float *limits, const int row, const int other, const float d) {
  const float limit = limits[row * 2];
  return d < limit || (d == limit && other <= (int)limits[row * 2 + 1]);
}

// Finds that last one: the next nearest, `hardest` times.
static inline void find_limit(__global const float *distances, __global const int *labels,
                              __global float *limits, const int row, const int rows, const int hardest) {
  float limit = -1, number = -1;
  for (int k = 0; k < hardest; k++) {
    float nearest = INFINITY, nearest_number = rows;
    for (int other = 0; other < rows; other++) {
      const float d = distances[(ulong)row * rows + other];
      const int later = d > limit || (d == limit && other > number);
      if (labels[other] == labels[row] || !later || d >= nearest) continue;
      nearest = d;
      nearest_number = other;
    }
    limit = nearest;
    number = nearest_number;
  }
  limits[row * 2] = limit;
  limits[row * 2 + 1] = number;
}

// Row i against every other row. Writes distances [rows, rows]; each pair counts once, with the row that
// comes first, but with `hardest` above 0 each row counts its so many nearest different rows, and no others.
// labels [rows]: numbers of classes.
__kernel GROUP void contrastive_distances(VIEW(embeddings), __global const int *labels, VIEW_OUT(distances),
                                          VIEW_OUT(limits), VIEW_OUT(parts), const int rows,
                                          const int dimensions, const float margin, const int hardest) {
  BIND(embeddings);
  BIND_OUT(distances);
  BIND_OUT(limits);
  BIND_OUT(parts);
  const int row = get_global_id(0);
  if (row >= rows) return;
  for (int other = 0; other < rows; other++)
    distances[(ulong)row * rows + other] =
        sqrt(squared_distance(embeddings + (ulong)row * dimensions, embeddings + (ulong)other * dimensions,
                              dimensions));
  if (hardest > 0) find_limit(distances, labels, limits, row, rows, hardest);
  float sums[PART_WORDS] = {0};
  for (int other = 0; other < rows; other++) {
    const float d = distances[(ulong)row * rows + other];
    const int same = labels[row] == labels[other];
    const int counts = hardest > 0 ? is_chosen(limits, row, other, d) : other > row && d < margin;
    const float missing = d < margin || isnan(d) ? margin - d : 0;
    if (!same && (counts || isnan(d))) {
      sums[1] += missing * missing / 2;
      sums[5] += 1;
    }
    if (other <= row) continue;
    sums[0] += same ? d * d / 2 : 0;
    sums[2] += same ? d : 0;
    sums[3] += same ? 0 : d;
    sums[4] += same;
  }
  for (int k = 0; k < PART_WORDS; k++) parts[row * PART_WORDS + k] = sums[k];
}

__kernel GROUP void contrastive_finish_all(VIEW(parts), VIEW_OUT(result), const int rows) {
  BIND(parts);
  BIND_OUT(result);
  if (get_global_id(0) != 0) return;
  float totals[PART_WORDS];
  add_parts(parts, rows, totals);
  const float different = (float)rows * (rows - 1) / 2 - totals[4];
  write_result(totals, different, totals[0] / max(totals[4], 1.0f) + totals[1] / max(totals[5], 1.0f), result);
}

__kernel GROUP void contrastive_gradients(VIEW(embeddings), __global const int *labels, VIEW(distances),
                                          VIEW(limits), VIEW(result), VIEW_OUT(gradients), const int rows,
                                          const int dimensions, const float margin, const int hardest) {
  BIND(embeddings);
  BIND(distances);
  BIND(limits);
  BIND(result);
  BIND_OUT(gradients);
  const int row = get_global_id(0);
  if (row >= rows) return;
  const float of_same = 1 / max(result[3], 1.0f), of_active = 1 / max(result[5], 1.0f);
  __global const float *mine = embeddings + (ulong)row * dimensions;
  __global float *gradient = gradients + (ulong)row * dimensions;
  for (int i = 0; i < dimensions; i++) gradient[i] = 0;
  for (int other = 0; other < rows; other++) {
    if (other == row) continue;
    const int same = labels[row] == labels[other];
    const float d = distances[(ulong)row * rows + other];
    const int times =
        same || hardest <= 0 ? 1 : is_chosen(limits, row, other, d) + is_chosen(limits, other, row, d);
    const float factor = pull(same, d, margin) * (same ? of_same : of_active) * times;
    if (factor == 0) continue;
    __global const float *theirs = embeddings + (ulong)other * dimensions;
    int i = 0;
    for (; i + WIDTH <= dimensions; i += WIDTH)
      STORE(fma((floatw)(factor), LOAD(mine + i) - LOAD(theirs + i), LOAD(gradient + i)), gradient + i);
    for (; i < dimensions; i++) gradient[i] = fma(factor, mine[i] - theirs[i], gradient[i]);
  }
}

// One dimension a work-item: its variance over the rows.
__kernel GROUP void embedding_variances(VIEW(embeddings), VIEW_OUT(variances), const int rows,
                                        const int dimensions) {
  BIND(embeddings);
  BIND_OUT(variances);
  const int i = get_global_id(0);
  if (i >= dimensions) return;
  float mean = 0, square = 0;
  for (int row = 0; row < rows; row++) mean += embeddings[(ulong)row * dimensions + i];
  mean /= rows;
  for (int row = 0; row < rows; row++) {
    const float deviation = embeddings[(ulong)row * dimensions + i] - mean;
    square = fma(deviation, deviation, square);
  }
  variances[i] = square / rows;
}

__kernel GROUP void embedding_spread(VIEW(variances), VIEW_OUT(result), const int dimensions) {
  BIND(variances);
  BIND_OUT(result);
  if (get_global_id(0) != 0) return;
  float sum = 0;
  for (int i = 0; i < dimensions; i++) sum += variances[i];
  result[6] = sqrt(sum);
}
