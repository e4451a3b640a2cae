/// recipe.h: what siam_train() does by itself: options that go well together, and an encoder that suits the
/// pictures.
#ifndef SIAM_PIPELINE_RECIPE_H
#define SIAM_PIPELINE_RECIPE_H

#include "pipeline/training.h"

/// Replaces run->options by a copy in `run` where they name a recipe or the encoder "auto", once the data are
/// open: fills in what the recipe says and the caller does not, and the encoder, its size and its channels.
siam_status siam_training_choose(siam_training *run);

/// Whether the options leave something to siam_training_choose().
bool siam_training_has_choice(const siam_train_options *options);

/// What is known of a set of pictures from a sample of them.
typedef struct siam_picture_sample {
  uint32_t pictures;  ///< In the set, of which …
  uint32_t looked_at; ///< … so many could be read of those looked at.
  uint32_t side;      ///< Median of the longer sides.
  uint32_t coloured;  ///< Of those looked at.
} siam_picture_sample;

/// Looks at up to 64 pictures, evenly spread; `decoders` may be NULL. Those that cannot be read are left out.
siam_status siam_sample_pictures(const siam_dataset *dataset, siam_decoders *decoders,
                                 siam_picture_sample *sample);

/// An encoder for such pictures; its size and channels where those are 0. Adds to `why` a sentence for people
/// that names the limits that decided.
void siam_choose_encoder(const siam_picture_sample *sample, siam_model_options *model, siam_text *why);

#endif
