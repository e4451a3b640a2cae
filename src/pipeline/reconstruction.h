/// reconstruction.h: how well an autoencoder gives back pictures.
#ifndef SIAM_PIPELINE_RECONSTRUCTION_H
#define SIAM_PIPELINE_RECONSTRUCTION_H

#include "pipeline/measure.h"

/// Mean squared differences per number of a picture, of values from 0 (black) to 1.
typedef struct siam_reconstruction {
  double error;        ///< Of what comes out of the network.
  double mean_picture; ///< Of the mean picture of training instead: what there is without learning anything
                       ///< else.
} siam_reconstruction;

/// Measures `images` (at most 10,000 of them, evenly spread, as of `training`), without augmentation. The
/// network of `autoencoder` has as many outputs as inputs.
siam_status siam_reconstruction_measure(siam_model *autoencoder, siam_images *training, siam_images *images,
                                        siam_telling *telling, siam_reconstruction *result);

#endif
