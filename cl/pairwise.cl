// The matrix of all pairs of a batch's embeddings [rows, dimensions], and the ways from it to the loss and to
// their gradients. Sums over rows run in order in a kernel of one work-item, so they repeat bit for bit.
#include "common.clh"
#include "distance.clh"
#include "pairwise.clh"

// The differences themselves, not lengths and dot products: of two near vectors those would cancel.
__kernel GROUP void pairwise_distances(VIEW(embeddings), VIEW_OUT(distances), const int rows,
                                       const int dimensions) {
  BIND(embeddings);
  BIND_OUT(distances);
  const int row = get_global_id(1);
  __global const float *mine = embeddings + (ulong)row * dimensions;
  EACH_SHARED
    distances[(ulong)row * rows + other] =
        sqrt(squared_distance(mine, embeddings + (ulong)other * dimensions, dimensions));
}

// What is reported of the row's pairs with later rows, so that each pair counts once: statistics [rows, 3]:
// distances of same pairs, of different pairs, number of same pairs.
__kernel GROUP void pairwise_statistics(VIEW(matrix), __global const int *labels, VIEW_OUT(statistics),
                                        const int rows, const int of_similarities) {
  BIND(matrix);
  BIND_OUT(statistics);
  const int row = get_global_id(0);
  if (row >= rows) return;
  float same_sum = 0, different_sum = 0, count = 0;
  const ulong step = (ulong)rows + 1;
  for (int other = row + 1; other < rows; other++) {
    float d = matrix[(ulong)row * rows + other];
    // |a − b|² = |a|² + |b|² − 2a·b, which rounding may take below 0.
    if (of_similarities) {
      const float square = matrix[row * step] + matrix[other * step] - 2 * d;
      d = square < 0 ? 0 : sqrt(square);
    }
    const int same = labels[row] == labels[other];
    same_sum += same ? d : 0;
    different_sum += same ? 0 : d;
    count += same;
  }
  statistics[row * 3] = same_sum;
  statistics[row * 3 + 1] = different_sum;
  statistics[row * 3 + 2] = count;
}

static inline void add_up(__global const float *parts, const int words, const int rows, float *sums) {
  for (int k = 0; k < words; k++) {
    sums[k] = 0;
    for (int row = 0; row < rows; row++) sums[k] += parts[row * words + k];
  }
}

// result [8]: see siam_loss_word.
__kernel GROUP void pairwise_finish(VIEW(terms), VIEW(statistics), VIEW_OUT(totals), VIEW_OUT(result),
                                    const int term_rows, const int rows) {
  BIND(terms);
  BIND(statistics);
  BIND_OUT(totals);
  BIND_OUT(result);
  if (get_global_id(0) != 0) return;
  float sums[5], pairs[3];
  add_up(terms, 5, term_rows, sums);
  add_up(statistics, 3, rows, pairs);
  for (int k = 0; k < 5; k++) totals[k] = sums[k];
  const float different = (float)rows * (rows - 1) / 2 - pairs[2];
  result[0] = sums[0] / max(sums[1], 1.0f) + sums[2] / max(sums[3], 1.0f);
  result[1] = pairs[0] / max(pairs[2], 1.0f);
  result[2] = pairs[1] / max(different, 1.0f);
  result[3] = pairs[2];
  result[4] = different;
  result[5] = sums[4];
}

// gradients[row] = Σ (factors[row][other] + factors[other][row]) · (embedding of row − embedding of other)
__kernel GROUP void pairwise_pull(VIEW(embeddings), VIEW(factors), VIEW_OUT(gradients), const int rows,
                                  const int dimensions) {
  BIND(embeddings);
  BIND(factors);
  BIND_OUT(gradients);
  const int row = get_global_id(1);
  __global const float *mine = embeddings + (ulong)row * dimensions;
  __global float *gradient = gradients + (ulong)row * dimensions;
  for (int i = get_global_id(0) * WIDTH; i < dimensions; i += get_global_size(0) * WIDTH) {
    const int whole = i + WIDTH <= dimensions;
    floatw sum = 0;
    float few[WIDTH] = {0};
    EACH_ROW {
      const float weight = factors[(ulong)row * rows + other] + factors[(ulong)other * rows + row];
      if (weight == 0) continue;
      __global const float *theirs = embeddings + (ulong)other * dimensions;
      if (whole) sum = fma((floatw)(weight), LOAD(mine + i) - LOAD(theirs + i), sum);
      else for (int k = 0; i + k < dimensions; k++) few[k] = fma(weight, mine[i + k] - theirs[i + k], few[k]);
    }
    if (whole) STORE(sum, gradient + i);
    else for (int k = 0; i + k < dimensions; k++) gradient[i + k] = few[k];
  }
}
