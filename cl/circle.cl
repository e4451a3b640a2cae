// Circle loss. notes [rows, 2]: logarithms of the row's sums over same and over different rows.
#include "common.clh"
#include "log_sum_exp.clh"
#include "pairwise.clh"

// γ times how far a pair's similarity is from its optimum, 1 + m or −m: its weight, which has no gradient.
static inline float weight_of(const int same, const float s, const float margin, const float gamma) {
  const float missing = same ? 1 + margin - s : s + margin;
  return missing <= 0 ? 0 : gamma * missing;
}
static inline float exponent_of(const int same, const float s, const float margin, const float gamma) {
  const float weight = weight_of(same, s, margin, gamma);
  return same ? -weight * (s - (1 - margin)) : weight * (s - margin);
}

__kernel GROUP void circle_rows(ROWS_ARGUMENTS, const float margin, const float gamma) {
  BIND_ROWS
  exp_sum of_same = NO_EXP_SUM, of_different = NO_EXP_SUM;
  EACH_ROW {
    if (other == row) continue;
    const int same = labels[other] == labels[row];
    add_exp(same ? &of_same : &of_different, exponent_of(same, mine[other], margin, gamma));
  }
  const int counts = of_same.sum != 0 && of_different.sum != 0;
  notes[row * 2] = log_of(&of_same);
  notes[row * 2 + 1] = log_of(&of_different);
  const float cost = counts ? softplus(notes[row * 2] + notes[row * 2 + 1]) : 0;
  write_terms(terms, row, cost, counts, 0, 0, counts);
}

__kernel GROUP void circle_factors(FACTORS_ARGUMENTS, const float margin, const float gamma) {
  BIND_FACTORS
  const float of_same = notes[row * 2], of_different = notes[row * 2 + 1];
  // Without rows of both kinds one logarithm is −∞, and the slope 0.
  const float slope = sigmoid(of_same + of_different) / max(totals[1], 1.0f);
  EACH_SHARED {
    const float s = mine[other];
    const int same = labels[other] == labels[row];
    const float part = exp(exponent_of(same, s, margin, gamma) - (same ? of_same : of_different));
    const float weight = weight_of(same, s, margin, gamma);
    factor[other] = other == row ? 0 : slope * part * (same ? -weight : weight);
  }
}
