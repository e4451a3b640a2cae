// Margin loss. counts [rows, rows]: of the halves of the row's triplets that cost, how many have the other as
// positive, or minus how many as negative. balance [rows]: minus the sum of the row's counts.
#include "common.clh"
#include "random.clh"
#include "pairwise.clh"

// As src/losses/margin.c numbers them.
#define DISTANCE 0

// log(1/q(d)), up to a constant.
static inline float log_rarity(const float distance, const float cutoff, const int dimensions) {
  const float d = distance < cutoff ? cutoff : distance;
  return (2.0f - dimensions) * log(d) - 0.5f * (dimensions - 3.0f) * log(1 - 0.25f * d * d);
}

// Whether the row can be drawn; where `evenly`, every different one can.
static inline int can_draw(__global const float *mine, __global const int *labels, const int row,
                           const int other, const float far, const int evenly) {
  return labels[other] != labels[row] && (evenly || mine[other] < far);
}

// Fills the row's weights and returns their sum. The largest logarithm is taken out of them first.
static inline float fill_weights(__global const float *mine, __global const int *labels,
                                 __global float *weights, const int row, const int rows, const int dimensions,
                                 const float cutoff, const float far) {
  float largest = -INFINITY, sum = 0;
  EACH_ROW {
    if (!can_draw(mine, labels, row, other, far, 0)) continue;
    const float rarity = log_rarity(mine[other], cutoff, dimensions);
    if (rarity > largest) largest = rarity;
  }
  const int evenly = largest == -INFINITY;
  EACH_ROW {
    float weight = 0;
    if (can_draw(mine, labels, row, other, far, evenly))
      weight = evenly ? 1 : exp(log_rarity(mine[other], cutoff, dimensions) - largest);
    weights[other] = weight;
    sum += weight;
  }
  return sum;
}

// The first row up to which the weights sum to more than `target`, or the last with a weight; −1 without one.
static inline int find_drawn(__global const float *weights, const int rows, const float target) {
  float sum = 0;
  int found = -1;
  EACH_ROW {
    if (weights[other] == 0) continue;
    found = other;
    sum += weights[other];
    if (sum > target) break;
  }
  return found;
}

typedef struct row_sums {
  float cost, number;
} row_sums;

// Counts `times` halves of triplets if they cost anything; what is no number costs.
static inline void take(row_sums *sums, __global float *counts, const int other, const float cost,
                        const float times, const float sign) {
  if (cost <= 0) return;
  sums->cost += times * cost;
  sums->number += times;
  counts[other] += sign * times;
}

// boundary [1], or one for each class. weights [rows, rows]: scratch. stream: of the draws.
__kernel GROUP void margin_rows(ROWS_ARGUMENTS, VIEW_OUT(weights), VIEW_OUT(balance), VIEW(boundary),
                                const int by_class, __global const uint *clock, const int stream,
                                const int dimensions, const int sampling, const float margin,
                                const float cutoff, const float far) {
  BIND_ROWS
  BIND_OUT(weights);
  BIND_OUT(balance);
  BIND(boundary);
  __global float *counts = notes + (ulong)row * rows, *my_weights = weights + (ulong)row * rows;
  const float beta = boundary[by_class ? labels[row] : 0];
  row_sums sums = {0, 0};
  float same = 0;
  EACH_ROW {
    counts[other] = 0;
    same += other != row && labels[other] == labels[row];
  }
  const float different = rows - 1 - same;
  const float times = different == 0 ? 0 : sampling == DISTANCE ? 1 : different;
  EACH_ROW if (other != row && labels[other] == labels[row] && times > 0)
    take(&sums, counts, other, mine[other] - beta + margin, times, 1);
  if (sampling == DISTANCE && times > 0) {
    const float sum = fill_weights(mine, labels, my_weights, row, rows, dimensions, cutoff, far);
    EACH_ROW {
      if (other == row || labels[other] != labels[row]) continue;
      const uint word = philox((uint2)(clock[1], clock[2]),
                               (uint4)((uint)(row * rows + other), 0, clock[0], (uint)stream)).x;
      const int drawn = find_drawn(my_weights, rows, uniform_of(word) * sum);
      take(&sums, counts, drawn, beta + margin - mine[drawn], 1, -1);
    }
  } else {
    EACH_ROW if (labels[other] != labels[row] && same > 0)
      take(&sums, counts, other, beta + margin - mine[other], same, -1);
  }
  float total = 0;
  EACH_ROW total += counts[other];
  balance[row] = -total;
  write_terms(terms, row, sums.cost, sums.number, 0, 0, sums.number);
}

__kernel GROUP void margin_factors(VIEW(matrix), VIEW(counts), VIEW(totals), VIEW_OUT(factors),
                                   const int rows) {
  BIND(matrix);
  BIND(counts);
  BIND(totals);
  BIND_OUT(factors);
  const int row = get_global_id(1);
  const ulong first = (ulong)row * rows;
  const float share = 1 / max(totals[1], 1.0f);
  EACH_SHARED {
    const float d = matrix[first + other];
    // At distance 0 there is no direction to be pushed in.
    factors[first + other] = d == 0 ? 0 : counts[first + other] * share / d;
  }
}

// gradient[boundary] += Σ balance of its rows / number of halves that cost
__kernel GROUP void margin_boundary(VIEW(balance), __global const int *labels, VIEW(totals),
                                    VIEW_OUT(gradient), const int rows, const int boundaries,
                                    const int by_class) {
  BIND(balance);
  BIND(totals);
  BIND_OUT(gradient);
  const int boundary = get_global_id(0);
  if (boundary >= boundaries) return;
  float sum = 0;
  EACH_ROW if (!by_class || labels[other] == boundary) sum += balance[other];
  gradient[boundary] += sum / max(totals[1], 1.0f);
}
