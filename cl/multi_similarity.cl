// Multi-similarity loss. notes [rows, 4]: the similarities of the farthest same row and of the nearest
// different one, which bound what counts; logarithms of 1 + the sums over those same and different rows.
#include "common.clh"
#include "log_sum_exp.clh"
#include "pairwise.clh"

// Whether a pair counts; what is no number does.
static inline int counts(const int same, const float s, const float farthest, const float nearest,
                         const float epsilon) {
  return same ? !(s - epsilon >= nearest) : !(s + epsilon <= farthest);
}

__kernel GROUP void multi_similarity_rows(ROWS_ARGUMENTS, const float alpha, const float beta,
                                          const float base, const float epsilon) {
  BIND_ROWS
  float farthest = INFINITY, nearest = -INFINITY;
  EACH_ROW {
    const float s = mine[other];
    const int same = labels[other] == labels[row];
    if (other == row) continue;
    if (same && s < farthest) farthest = s;
    if (!same && s > nearest) nearest = s;
  }
  // The 1 is the exponential of 0.
  exp_sum of_same = {0, 1}, of_different = {0, 1};
  float number = 0;
  EACH_ROW {
    const float s = mine[other];
    const int same = labels[other] == labels[row];
    if (other == row || !counts(same, s, farthest, nearest, epsilon)) continue;
    if (same) add_exp(&of_same, -alpha * (s - base));
    else add_exp(&of_different, beta * (s - base));
    number += 1;
  }
  __global float *note = notes + row * 4;
  note[0] = farthest;
  note[1] = nearest;
  note[2] = log_of(&of_same);
  note[3] = log_of(&of_different);
  write_terms(terms, row, note[2] / alpha + note[3] / beta, 1, 0, 0, number);
}

__kernel GROUP void multi_similarity_factors(FACTORS_ARGUMENTS, const float alpha, const float beta,
                                             const float base, const float epsilon) {
  BIND_FACTORS
  const float share = 1 / totals[1];
  __global const float *note = notes + row * 4;
  EACH_SHARED {
    const float s = mine[other];
    const int same = labels[other] == labels[row];
    const float slope = same ? -exp(-alpha * (s - base) - note[2]) : exp(beta * (s - base) - note[3]);
    factor[other] = other == row || !counts(same, s, note[0], note[1], epsilon) ? 0 : slope * share;
  }
}
