/// A softmax over proxies with a margin for the picture's own class, in float64: what ArcFace and CosFace
/// have in common.
#ifndef SIAM_REFERENCE_LOSS_SOFTMAX_H
#define SIAM_REFERENCE_LOSS_SOFTMAX_H

#include "reference/loss_case.h"

/// What stands for the cosine of a picture with its own proxy.
typedef struct siam_softmax_target {
  double (*value)(const siam_loss_case *c, double s);
  /// The same, with its derivative.
  siam_bounded (*derive)(const siam_loss_case *c, siam_bounded s, siam_bounded *slope);
} siam_softmax_target;

double siam_softmax_value(const siam_softmax_target *target, const siam_loss_case *c, const double *matrix);
siam_bounded siam_softmax_derive(const siam_softmax_target *target, const siam_loss_case *c,
                                 const siam_bounded *matrix, siam_bounded *factors, int *active);

#endif
