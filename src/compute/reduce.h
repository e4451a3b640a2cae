/// reduce.h: sums over the rows of a matrix, in a fixed order.
#ifndef SIAM_COMPUTE_REDUCE_H
#define SIAM_COMPUTE_REDUCE_H

#include "device/tape.h"

/// out[c] = beta · out[c] + Σ over r of x[r][c], for x [rows, columns] row-major without gaps. A bias
/// gradient is this with beta 1. With beta 0, `out` need not hold numbers before. Two stages: partial sums of
/// runs of rows, then their sum; the runs depend on the device and the shape alone, so results repeat bit for
/// bit.
siam_status siam_column_sums(siam_tape *tape, siam_view x, int rows, int columns, siam_view out, float beta);

#endif
