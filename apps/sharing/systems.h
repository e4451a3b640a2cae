/// systems.h: the systems of the lesson, one file each, and what is trained beside them.
#ifndef SIAM_APPS_SHARING_SYSTEMS_H
#define SIAM_APPS_SHARING_SYSTEMS_H

#include "sharing/lesson.h"

/// standard_autoencoder.c: two matrices, two places.
siam_status sharing_standard_autoencoder(sharing_lesson *lesson);

/// tied_autoencoder.c: the decoder's matrix is the encoder's, transposed.
siam_status sharing_tied_autoencoder(sharing_lesson *lesson);

/// shared_linear.c: two layers, one matrix.
siam_status sharing_shared_linear(sharing_lesson *lesson);

/// tied_embeddings.c: a language model whose output projection is its table of words.
siam_status sharing_tied_embeddings(sharing_lesson *lesson);

/// siamese_encoder.c: one network, both pictures of a pair.
siam_status sharing_siamese_encoder(sharing_lesson *lesson);

/// study.h: less over-fitting, shown.
siam_status sharing_study(sharing_lesson *lesson);

/// language_model.c: words of a text, with tied and with untied embeddings.
siam_status sharing_language_model(sharing_lesson *lesson);

#endif
