// Supervised contrastive loss. notes [rows, 2]: the logarithm of the row's sum over all other rows, and how
// many of them are same.
#include "common.clh"
#include "log_sum_exp.clh"
#include "pairwise.clh"

__kernel GROUP void supervised_contrastive_rows(ROWS_ARGUMENTS, const float temperature) {
  BIND_ROWS
  exp_sum of_all = NO_EXP_SUM;
  float same = 0, number = 0;
  EACH_ROW {
    if (other == row) continue;
    const float z = mine[other] / temperature;
    add_exp(&of_all, z);
    if (labels[other] != labels[row]) continue;
    same += z;
    number += 1;
  }
  const float all = log_of(&of_all);
  notes[row * 2] = all;
  notes[row * 2 + 1] = number;
  const int counts = number > 0;
  write_terms(terms, row, counts ? all - same / number : 0, counts, 0, 0, counts);
}

__kernel GROUP void supervised_contrastive_factors(FACTORS_ARGUMENTS, const float temperature) {
  BIND_FACTORS
  const float share = 1 / (max(totals[1], 1.0f) * temperature);
  const float all = notes[row * 2], number = notes[row * 2 + 1];
  EACH_SHARED {
    const float part = exp(mine[other] / temperature - all);
    const int same = labels[row] == labels[other];
    factor[other] = other == row || number == 0 ? 0 : (same ? part - 1 / number : part) * share;
  }
}
