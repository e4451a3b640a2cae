// Triplet loss. notes [rows, rows]: of the triplets with the row as anchor that cost, how many have the other
// as positive, or minus how many as negative.
#include "common.clh"
#include "pairwise.clh"

// As src/losses/triplet.c numbers them.
#define SEMI_HARD 1
#define HARDEST 2

// Counts the triplet if it costs anything; what is no number costs.
static inline void take(__global const float *mine, __global float *counts, const int positive,
                        const int negative, const int mining, const float margin, float *sum,
                        float *number) {
  const float cost = mine[positive] - mine[negative] + margin;
  const int near = mining == SEMI_HARD && mine[negative] <= mine[positive];
  if (cost <= 0 || near) return;
  *sum += cost;
  *number += 1;
  counts[positive] += 1;
  counts[negative] -= 1;
}

// Of equally far ones the first counts. A NaN is taken, and stays.
static inline int find_farthest(__global const float *mine, __global const int *labels, const int row,
                                const int rows) {
  int found = -1;
  EACH_ROW {
    if (other == row || labels[other] != labels[row]) continue;
    if (found < 0 || mine[other] > mine[found] || isnan(mine[other])) found = other;
    if (isnan(mine[other])) break;
  }
  return found;
}
static inline int find_nearest(__global const float *mine, __global const int *labels, const int row,
                               const int rows) {
  int found = -1;
  EACH_ROW {
    if (labels[other] == labels[row]) continue;
    if (found < 0 || mine[other] < mine[found] || isnan(mine[other])) found = other;
    if (isnan(mine[other])) break;
  }
  return found;
}

__kernel GROUP void triplet_rows(ROWS_ARGUMENTS, const int mining, const float margin) {
  BIND_ROWS
  __global float *counts = notes + (ulong)row * rows;
  float sum = 0, number = 0;
  EACH_ROW counts[other] = 0;
  if (mining == HARDEST) {
    const int positive = find_farthest(mine, labels, row, rows);
    const int negative = find_nearest(mine, labels, row, rows);
    if (positive >= 0 && negative >= 0)
      take(mine, counts, positive, negative, mining, margin, &sum, &number);
  } else {
    for (int positive = 0; positive < rows; positive++) {
      if (positive == row || labels[positive] != labels[row]) continue;
      EACH_ROW if (labels[other] != labels[row])
        take(mine, counts, positive, other, mining, margin, &sum, &number);
    }
  }
  write_terms(terms, row, sum, number, 0, 0, number);
}

__kernel GROUP void triplet_factors(FACTORS_ARGUMENTS, const int mining, const float margin) {
  BIND_FACTORS
  __global const float *counts = notes + (ulong)row * rows;
  const float share = 1 / max(totals[1], 1.0f);
  EACH_SHARED {
    const float d = mine[other];
    // At distance 0 there is no direction to be pushed in.
    factor[other] = d == 0 ? 0 : counts[other] * share / d;
  }
}
