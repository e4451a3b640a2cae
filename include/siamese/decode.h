/// Decoding pictures in processes without rights.
///
/// Decoders of picture formats are where hostile files do harm. Decoders of this kind run in processes of
/// their own, one for each thread that decodes, which can open no file and no connection, start nothing, and
/// take no more memory and time than they are given; Linux's seccomp sees to that. One that crashes or breaks
/// its limits is replaced, and its picture is an error that names the file. The pixels are those that
/// decoding in the calling process gives, bit for bit.
///
/// The library starts no process unless it is asked to: create decoders and hand them to what reads pictures
/// (siam_train_options.decoders and its like). docs/architecture.md says how it is built.
#ifndef SIAMESE_DECODE_H
#define SIAMESE_DECODE_H

#include <siamese/status.h>

#include <stdbool.h>
#include <stdint.h>

typedef enum siam_decode_mode {
  /// As the environment variable SIAMESE_DECODE says, "process" or "inside"; without it in processes, where
  /// the system allows it, else in the calling process.
  SIAM_DECODE_AUTOMATIC = 0,
  SIAM_DECODE_PROCESS, ///< In processes; where that cannot be, every picture is an error that says why.
  SIAM_DECODE_INSIDE   ///< In the calling process.
} siam_decode_mode;

/// Zero means the default.
typedef struct siam_decoders_options {
  siam_decode_mode mode;
  const char *program; ///< siamese-decode; NULL: where it was installed with this library.
  uint64_t memory;     ///< Bytes that a process may take beside a picture and its file; 0: 16 for each pixel
                       ///< of the largest picture, at least 1 GiB.
  uint32_t seconds;    ///< Processor time for one picture; 0: 60.
  // What a picture may be at most, also where it is decoded in the calling process. Memory goes with it.
  uint64_t max_pixels; ///< Width × height, at most 1 Gi; 0: 64 Mi (67,108,864).
  uint32_t max_side;   ///< Width and height, at most 65,535; 0: 16,384.
  uint64_t max_bytes;  ///< Length of the file, at most 2 GiB − 1; 0: 256 MiB.
} siam_decoders_options;

/// Opaque. May be used by any number of threads at once.
typedef struct siam_decoders siam_decoders;

typedef struct siam_decoders_info {
  bool in_process;    ///< Pictures are decoded in processes without rights.
  char reason[256];   ///< Where they are not: why.
  uint32_t processes; ///< That are there now.
  uint32_t replaced;  ///< That crashed or broke a limit so far.
} siam_decoders_info;

/// Starts the first process and does not wait for it. `options` may be NULL. SIAM_ERROR_ARGUMENT:
/// SIAMESE_DECODE is neither of its words, or a limit is higher than can be. The caller releases the
/// decoders with siam_decoders_destroy(), after all that uses them.
SIAM_API siam_status siam_decoders_create(const siam_decoders_options *options, siam_decoders **decoders);
SIAM_API void siam_decoders_destroy(siam_decoders *decoders);

/// Tells how pictures are decoded; waits until that is known. With SIAM_DECODE_PROCESS it fails where that
/// cannot be.
SIAM_API siam_status siam_decoders_get_info(siam_decoders *decoders, siam_decoders_info *info);

#endif
