/// add.h: the sum of two tensors, element by element.
#ifndef SIAM_COMPUTE_ADD_H
#define SIAM_COMPUTE_ADD_H

#include "compute/activation.h"

/// out = activation(a + b). `epilogue` has no bias and no pooling. `out` is neither of the two.
siam_status siam_add(siam_tape *tape, siam_view a, siam_view b, const siam_epilogue *epilogue, siam_view out);

#endif
