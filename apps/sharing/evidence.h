/// evidence.h: what every system is asked. Each function prints its evidence, adds it to the JSON object and
/// states claims.
#ifndef SIAM_APPS_SHARING_EVIDENCE_H
#define SIAM_APPS_SHARING_EVIDENCE_H

#include "sharing/exact.h"

/// Builds the network of a system; it is destroyed after the part.
siam_status sharing_build_system(sharing_lesson *lesson, const sharing_system *system,
                                 siam_network **network);

/// Writes the names of a system's slots into `slots`, room for 2 · EXACT_LAYERS; returns how many.
int sharing_slots(const sharing_system *system, char slots[][48]);

/// One pass on the device over images `first` to `end` − 1: forward, the slopes of the loss of the whole
/// batch for what comes out, backward. Adds to the gradients.
siam_status sharing_pass(sharing_lesson *lesson, siam_network *network, const sharing_system *system,
                         int first, int end);

/// Values, or with `gradient` the gradient, of a slot's parameter.
siam_status sharing_read(sharing_lesson *lesson, siam_network *network, const char *slot, bool gradient,
                         float **values, size_t *count);

/// Gives the float64 network the values that the device has.
siam_status sharing_take_values(sharing_lesson *lesson, siam_network *network, exact_network *exact);

/// Shows the network and the loss. Claims "one place", or "places" where `shared` is NULL: lists the
/// parameters and the slots that refer to each; `shared` must have `users`, every other parameter one. And
/// "weights": that there are `weights`.
siam_status sharing_show_places(sharing_lesson *lesson, siam_network *network, const sharing_system *system,
                                const char *shared, unsigned users, size_t weights);

/// Claims "saving": untying `slot` in the network of `lines` would take `rows` × `columns` numbers more.
/// Nothing is placed, so the size does not matter.
siam_status sharing_show_saving(sharing_lesson *lesson, int inputs, const char *const *lines,
                                const char *slot, size_t rows, size_t columns);

/// Claims "a fill": in a new network of `lines`, whose biases are 0, the matrix of `slot` is filled with 10,
/// and x is answered with `expected` everywhere, exactly.
siam_status sharing_prove_fill(sharing_lesson *lesson, int inputs, const char *const *lines, const char *slot,
                               const float *x, double expected);

/// Claims "gradients of each use", "gradients sum" and "differences" where the layers share; else "gradients"
/// and "differences". The uses come from a twin whose slots are untied and which has the same values, so that
/// each use has a parameter, and a gradient, of its own.
siam_status sharing_prove_gradients(sharing_lesson *lesson, siam_network *network,
                                    const sharing_system *system);

/// Claims "one update": after a step of gradient descent every weight read through any slot is w − ⅛·g to the
/// bit; and "after it": the network computes with the new values wherever they are used.
siam_status sharing_prove_update(sharing_lesson *lesson, siam_network *network, const sharing_system *system);

#endif
