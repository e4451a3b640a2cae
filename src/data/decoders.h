/// decoders.h: the processes of one siam_decoders, handed to threads that decode, one for a picture at a
/// time.
#ifndef SIAM_DATA_DECODERS_H
#define SIAM_DATA_DECODERS_H

#include "data/formats.h"

#include <siamese/decode.h>

/// Decodes in a process, or here where `file->limits.decoders` is NULL or decodes inside. The picture keeps
/// the process until siam_picture_clear().
siam_status siam_decoders_decode(const siam_picture_file *file, siam_picture *picture);

/// The options (may be NULL) with the limits that their decoders were created with in place of zeros.
siam_picture_options siam_decoders_limit(const siam_picture_options *options);

/// What is to be done with a picture of several; `picture` is NULL where it could not be decoded, and then
/// `status` and the last error say why. Anything but SIAM_OK goes to the caller.
typedef siam_status siam_decoded(void *context, uint32_t number, siam_status status,
                                 const siam_picture *picture);

/// The same for up to SIAM_CALLS small files at once, with the same limits: each is given to `use` in some
/// order, on the calling thread. Stops where `use` fails.
siam_status siam_decoders_decode_several(const siam_picture_file *files, uint32_t count, siam_decoded *use,
                                         void *context);

/// Takes back a process that a picture kept.
void siam_decoders_return(siam_decoders *decoders, struct siam_decoder *decoder);

#endif
