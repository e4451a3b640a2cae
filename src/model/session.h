/// What the public functions of a placed network keep from call to call: tapes by batch size, the clock of
/// their random draws, and the optimizer's tape and memory. It lives from the first call after a placing to
/// the next placing, because its tapes know the store's buffers.
#ifndef SIAM_MODEL_SESSION_H
#define SIAM_MODEL_SESSION_H

#include "model/network.h"

typedef struct siam_session siam_session;

/// NULL is allowed.
void siam_session_destroy(siam_session *session);

/// To be called when weights have changed: the last forward pass cannot be gone back any more.
void siam_session_forget(siam_session *session);

#endif
