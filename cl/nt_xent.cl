// NT-Xent loss. notes [rows, 2]: the logarithm of the row's sum over different rows, and Σ over its same pairs
// of what they are pushed by.
#include "common.clh"
#include "log_sum_exp.clh"
#include "pairwise.clh"

__kernel GROUP void nt_xent_rows(ROWS_ARGUMENTS, const float temperature) {
  BIND_ROWS
  exp_sum of_different = NO_EXP_SUM;
  EACH_ROW if (labels[other] != labels[row]) add_exp(&of_different, mine[other] / temperature);
  const float different = log_of(&of_different);
  float sum = 0, number = 0, push = 0;
  EACH_ROW {
    if (other == row || labels[other] != labels[row]) continue;
    const float excess = different - mine[other] / temperature;
    sum += softplus(excess);
    push += sigmoid(excess);
    number += 1;
  }
  notes[row * 2] = different;
  notes[row * 2 + 1] = push;
  write_terms(terms, row, sum, number, 0, 0, number);
}

__kernel GROUP void nt_xent_factors(FACTORS_ARGUMENTS, const float temperature) {
  BIND_FACTORS
  const float share = 1 / (max(totals[1], 1.0f) * temperature);
  const float different = notes[row * 2], push = notes[row * 2 + 1];
  EACH_SHARED {
    const float z = mine[other] / temperature;
    const int same = labels[row] == labels[other];
    const float slope = same ? -sigmoid(different - z) : push * exp(z - different);
    factor[other] = other == row ? 0 : slope * share;
  }
}
