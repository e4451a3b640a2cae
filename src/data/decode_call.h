/// decode_call.h: how a program and siamese-decode speak. They share one region of memory: a call, the file,
/// and the pixels; and a socket, over which single bytes say whose turn it is. Whoever reads pictures trusts
/// nothing in the region: it may be written at any time by a decoder that a picture has taken over.
#ifndef SIAM_DATA_DECODE_CALL_H
#define SIAM_DATA_DECODE_CALL_H

#include "data/picture.h"

/// What siamese-decode finds open when it starts.
enum { SIAM_CALL_SOCKET = 3, SIAM_CALL_REGION = 4 };

/// The bytes on the socket.
typedef enum siam_call_turn {
  SIAM_TURN_READY = 'r',   ///< Decoder: all rights are given away.
  SIAM_TURN_REFUSED = 'x', ///< Decoder: they cannot be; `message` says why. It ends.
  SIAM_TURN_DECODE = 'd',  ///< Program: a file is there.
  SIAM_TURN_ADMIT = 'a',   ///< Decoder: the picture is large, `pixels` of them; waits …
  SIAM_TURN_GO = 'g',      ///< … until the program has room.
  SIAM_TURN_DONE = 'e'     ///< Decoder: the answer is there.
} siam_call_turn;

/// Pictures of no more than this are decoded without asking first.
#define SIAM_CALL_SMALL_PIXELS (UINT64_C(1) << 20)

typedef struct siam_decode_call {
  uint64_t count;               ///< Bytes of the file.
  siam_picture_options options; ///< Its pointers mean nothing.
  char name[4096];              ///< What messages call the file.
  uint64_t pixels;              ///< Announced.
  uint32_t status;              ///< Answered: a siam_status …
  char message[2048];           ///< … and its sentence, …
  siam_picture picture;         ///< … or the picture, whose pointer means nothing, …
  uint64_t at;                  ///< … with its pixels here in the region.
} siam_decode_call;

/// The region: the call, the file, and room for the largest picture that is decoded as it is stored (four
/// samples of 16 bits) and once more turned upright. None of it takes memory before it is written.
#define SIAM_REGION_FILE UINT64_C(8192)
#define SIAM_REGION_FILE_BYTES (UINT64_C(256) << 20)
#define SIAM_REGION_PIXELS (SIAM_REGION_FILE + SIAM_REGION_FILE_BYTES)
#define SIAM_REGION_PIXEL_BYTES ((UINT64_C(64) << 20) * (8 + 3) + 8192)
#define SIAM_REGION_BYTES (SIAM_REGION_PIXELS + SIAM_REGION_PIXEL_BYTES)

_Static_assert(sizeof(siam_decode_call) <= SIAM_REGION_FILE, "a call fits before the file");

#endif
