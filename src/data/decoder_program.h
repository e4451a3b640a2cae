/// decoder_program.h: where siamese-decode lies.
#ifndef SIAM_DATA_DECODER_PROGRAM_H
#define SIAM_DATA_DECODER_PROGRAM_H

#include "base/text.h"

/// Writes its path: `given`, if that is not NULL; else where it stands in relation to the file that this code
/// was loaded from, so that an installed tree may be moved; else where it was meant to be installed. Nothing
/// that others may set, such as the environment, has a say.
siam_status siam_decoder_program_find(const char *given, siam_text *path);

#endif
