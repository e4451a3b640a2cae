/// inherit.h: taking over the values of another network's parameters, by name.
#ifndef SIAM_MODEL_INHERIT_H
#define SIAM_MODEL_INHERIT_H

#include "base/text.h"
#include "model/network.h"

/// What siam_network_inherit() did. Zero value before; siam_inheritance_clear() afterwards. The texts are
/// lists with commas.
typedef struct siam_inheritance {
  size_t taken, parameters; ///< Parameters taken over, out of those that the network has.
  size_t weights;           ///< Numbers in those that were taken.
  siam_text absent;         ///< Names that `from` does not have: these parameters stay as they are.
  siam_text unlike;         ///< Names that both have in other shapes, with those: they stay, too.
  siam_text unused;         ///< Names of `from` that the network does not have.
} siam_inheritance;

void siam_inheritance_clear(siam_inheritance *inheritance);

/// Copies to every parameter of `network` the values of the parameter of `from` that a slot of the same name
/// refers to plainly, where it has the same shape. Both must be placed, on one device.
siam_status siam_network_inherit(siam_network *network, const siam_network *from,
                                 siam_inheritance *inheritance);

#endif
