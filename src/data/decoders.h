/// decoders.h: the processes of one siam_decoders, handed to threads that decode, one for a picture at a
/// time.
#ifndef SIAM_DATA_DECODERS_H
#define SIAM_DATA_DECODERS_H

#include "data/formats.h"

#include <siamese/decode.h>

/// Decodes in a process, or here where `file->limits.decoders` is NULL or decodes inside. The picture keeps
/// the process until siam_picture_clear().
siam_status siam_decoders_decode(const siam_picture_file *file, siam_picture *picture);

/// Takes back a process that a picture kept.
void siam_decoders_return(siam_decoders *decoders, struct siam_decoder *decoder);

#endif
