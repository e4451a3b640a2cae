/// projection.h: embeddings on a plane, for people to look at.
#ifndef SIAM_PIPELINE_PROJECTION_H
#define SIAM_PIPELINE_PROJECTION_H

#include "pipeline/one_shot.h"

/// Principal components (Pearson 1901; Hotelling 1933): the centred embeddings on the two directions in which
/// they vary most, to `plane` [count, 2]; `share` says how much of all variance each has. The largest entry
/// of a direction is positive. Directions come from orthogonal iteration, which the same embeddings repeat to
/// the bit.
siam_status siam_project(const siam_embeddings *embeddings, double *plane, double share[2]);

#endif
