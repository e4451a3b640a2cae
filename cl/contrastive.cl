// Contrastive loss: of drawn pairs, a work-item a pair; of all pairs of a batch as pairwise.clh says. notes
// [rows, 2]: the last of a row's `hardest` nearest different rows, its distance and its number.
#include "common.clh"
#include "distance.clh"
#include "pairwise.clh"
#define PART_WORDS 6

// How far a pair at distance d is from costing nothing; what is no number costs.
static inline float excess(const int same, const float d, const float margin, const float same_margin) {
  if (same) return d > same_margin || isnan(d) ? d - same_margin : 0;
  return d < margin || isnan(d) ? margin - d : 0;
}

// What the gradient of a pair at distance d is of a − b, before averaging. At distance 0 there is no
// direction to be pushed in.
static inline float pull(const int same, const float d, const float margin, const float same_margin) {
  const float e = excess(same, d, margin, same_margin);
  return e == 0 || d == 0 ? 0 : same ? e / d : -e / d;
}

// Pair i: rows i and pairs + i; labels [pairs]: 1 same. parts [pairs, 6]: loss of same pairs, of different
// pairs, distances same, different; counts same, active.
__kernel GROUP void contrastive_drawn(VIEW(embeddings), __global const int *labels, VIEW_OUT(gradients),
                                      VIEW_OUT(parts), const int pairs, const int dimensions,
                                      const float margin, const float same_margin) {
  BIND(embeddings);
  BIND_OUT(gradients);
  BIND_OUT(parts);
  const int pair = get_global_id(0);
  if (pair >= pairs) return;
  const ulong first = (ulong)pair * dimensions, second = (ulong)(pairs + pair) * dimensions;
  const float d = sqrt(squared_distance(embeddings + first, embeddings + second, dimensions));
  const int same = labels[pair] != 0;
  const float cost = excess(same, d, margin, same_margin), loss = cost * cost / 2;
  const float factor = pull(same, d, margin, same_margin) / pairs;
  __global float *part = parts + pair * PART_WORDS;
  part[0] = same ? loss : 0;
  part[1] = same ? 0 : loss;
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

// result [8]: see siam_loss_word.
__kernel GROUP void contrastive_finish_drawn(VIEW(parts), VIEW_OUT(result), const int pairs) {
  BIND(parts);
  BIND_OUT(result);
  if (get_global_id(0) != 0) return;
  float totals[PART_WORDS];
  for (int k = 0; k < PART_WORDS; k++) {
    totals[k] = 0;
    for (int pair = 0; pair < pairs; pair++) totals[k] += parts[pair * PART_WORDS + k];
  }
  const float different = pairs - totals[4];
  result[0] = (totals[0] + totals[1]) / pairs;
  result[1] = totals[2] / max(totals[4], 1.0f);
  result[2] = totals[3] / max(different, 1.0f);
  result[3] = totals[4];
  result[4] = different;
  result[5] = totals[5];
}

// Finds the last of the row's `hardest` nearest different rows: the next nearest, `hardest` times. Equal
// distances go by number.
static inline void find_limit(__global const float *mine, __global const int *labels, __global float *limits,
                              const int row, const int rows, const int hardest) {
  float limit = -1, number = -1;
  for (int k = 0; k < hardest; k++) {
    float nearest = INFINITY, nearest_number = rows;
    EACH_ROW {
      const float d = mine[other];
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

// Whether the row counts its pair with `other`: each pair counts once, with the row that comes first, but with
// `hardest` above 0 each row counts its so many nearest different rows.
static inline int counts(const int same, const int row, const int other, const float d, const float margin,
                         const int hardest, __global const float *limits) {
  if (same || hardest == 0) return other > row && (same || d < margin || isnan(d));
  const float limit = limits[row * 2];
  return isnan(d) || d < limit || (d == limit && other <= (int)limits[row * 2 + 1]);
}

__kernel GROUP void contrastive_rows(ROWS_ARGUMENTS, const float margin, const int hardest,
                                     const float same_margin) {
  BIND_ROWS
  if (hardest > 0) find_limit(mine, labels, notes, row, rows, hardest);
  float sums[2] = {0}, numbers[2] = {0};
  EACH_ROW {
    const float d = mine[other];
    const int same = labels[row] == labels[other];
    if (!counts(same, row, other, d, margin, hardest, notes)) continue;
    const float cost = excess(same, d, margin, same_margin);
    sums[same] += cost * cost / 2;
    numbers[same] += 1;
  }
  write_terms(terms, row, sums[1], numbers[1], sums[0], numbers[0], numbers[0]);
}

__kernel GROUP void contrastive_factors(FACTORS_ARGUMENTS, const float margin, const int hardest,
                                        const float same_margin) {
  BIND_FACTORS
  const float of_same = 1 / max(totals[1], 1.0f), of_different = 1 / max(totals[3], 1.0f);
  EACH_SHARED {
    const float d = mine[other];
    const int same = labels[row] == labels[other];
    const int counted = counts(same, row, other, d, margin, hardest, notes);
    factor[other] = counted ? pull(same, d, margin, same_margin) * (same ? of_same : of_different) : 0;
  }
}
