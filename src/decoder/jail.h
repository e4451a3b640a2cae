/// decoder/ is siamese-decode, the program that decodes pictures without rights. It is no part of the
/// library, which starts it (data/decoder.c), and knows of it the decoders of picture formats alone.
///
/// jail.h: how a process gives its rights away for good.
#ifndef SIAM_DECODER_JAIL_H
#define SIAM_DECODER_JAIL_H

#include "base/error.h"

#include <stdint.h>

/// Limits memory to `memory` bytes, within which the region of calls counts, beside code, stack and
/// libraries; then leaves these system calls: reading and writing the socket, memory without code, the timer
/// of processor time, and ending. Any other ends the process by SIGSYS. Fails where the system has no seccomp
/// or refuses it.
siam_status siam_jail_enter(uint64_t memory);

#endif
