/// The processes without rights in which the commands decode pictures.
#ifndef SIAM_APPS_DECODERS_H
#define SIAM_APPS_DECODERS_H

#include <siamese/decode.h>

/// Starts the first process, so that it begins while the program prepares; all of them end with the program.
/// Returns an exit code, after a message where it is trouble.
int app_begin_decoders(void);

/// What app_begin_decoders() made.
siam_decoders *app_decoders(void);

#endif
