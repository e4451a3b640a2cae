/// average.h: a moving average of all weights over the steps, which generalises better than the weights of
/// any one step (Polyak and Juditsky 1992; as an exponential average: Tarvainen and Valpola 2017).
#ifndef SIAM_OPTIM_AVERAGE_H
#define SIAM_OPTIM_AVERAGE_H

#include "device/tape.h"

/// Adds, behind the optimiser's update, in step t (from 1, word SIAM_CLOCK_STEP of `clock`):
///   average ← k · average + (1 − k) · weights,  k = min(decay, t / (10 + t)), and 0 in step 1
/// so that the first steps, far from the end, are soon forgotten. Both views have the same count.
siam_status siam_average_add(siam_tape *tape, siam_view weights, siam_view average, cl_mem clock,
                             float decay);

#endif
