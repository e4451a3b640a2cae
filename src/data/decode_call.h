/// decode_call.h: how a program and siamese-decode speak. They share one region of memory: calls, files, and
/// the pixels that are the answers; and a socket, over which single bytes say whose turn it is. Whoever reads
/// pictures trusts nothing in the region: it may be written at any time by a decoder that a picture has taken
/// over.
///
/// Passing the turn costs two switches between processes, which is more than a small picture takes to decode.
/// So small files go several at a time.
#ifndef SIAM_DATA_DECODE_CALL_H
#define SIAM_DATA_DECODE_CALL_H

#include "data/picture.h"

/// What siamese-decode finds open when it starts.
enum { SIAM_CALL_SOCKET = 3, SIAM_CALL_REGION = 4 };

/// The bytes on the socket.
typedef enum siam_call_turn {
  SIAM_TURN_READY = 'r',   ///< Decoder: all rights are given away.
  SIAM_TURN_REFUSED = 'x', ///< Decoder: they cannot be; the first call's message says why. It ends.
  SIAM_TURN_DECODE = 'd',  ///< Program: there are calls.
  SIAM_TURN_ADMIT = 'a',   ///< Decoder: a picture that was sent alone is large; waits …
  SIAM_TURN_GO = 'g',      ///< … until the program has room.
  SIAM_TURN_DONE = 'e'     ///< Decoder: the answers are there.
} siam_call_turn;

/// A picture of no more pixels is decoded without asking first.
#define SIAM_CALL_SMALL_PIXELS (UINT64_C(1) << 20)

/// What a decoder answers.
typedef struct siam_call_answer {
  uint32_t status;      ///< A siam_status.
  siam_picture picture; ///< Its pointers mean nothing, …
  uint64_t at;          ///< … its pixels lie here in the region.
} siam_call_answer;

typedef struct siam_decode_call {
  uint32_t files;               ///< In the first call: how many there are …
  uint32_t answered;            ///< … and, of these, how many were answered.
  uint64_t at, count;           ///< Where the file lies in the region, and its bytes.
  siam_picture_options options; ///< Its pointers mean nothing.
  char name[4096];              ///< What messages call the file.
  uint64_t pixels;              ///< Announced, before admission.
  siam_call_answer answer;
  char message[2048]; ///< Where the status is an error.
} siam_decode_call;

/// The region: calls, files, and room for the largest picture that is decoded, as it is stored (four samples
/// of 16 bits) and once more turned upright. None of it takes memory before it is written. Several pictures
/// share the beginning of that room, which is small enough for caches; those that find no place in it, or are
/// large, are left for the next call.
enum { SIAM_CALLS = 32, SIAM_CALL_BYTES = 8192 };
#define SIAM_REGION_FILES ((uint64_t)SIAM_CALLS * SIAM_CALL_BYTES)
#define SIAM_REGION_SHARED_BYTES (UINT64_C(2) << 20)

/// How large its parts are: multiples of a page, by the limits of pictures.
typedef struct siam_region_size {
  uint64_t file_bytes, pixel_bytes;
} siam_region_size;

/// Large enough for files of so many bytes and pictures of so many pixels.
static inline siam_region_size siam_region_size_for(uint64_t file_bytes, uint64_t pixels) {
  const uint64_t page = 4096;
  return (siam_region_size){(file_bytes + page - 1) / page * page,
                            (pixels * (8 + 3) + page - 1) / page * page + 2 * page};
}

/// Where the pixels begin.
static inline uint64_t siam_region_pixels(const siam_region_size *size) {
  return SIAM_REGION_FILES + size->file_bytes;
}

/// Bytes of the whole region.
static inline uint64_t siam_region_bytes(const siam_region_size *size) {
  return siam_region_pixels(size) + size->pixel_bytes;
}

_Static_assert(sizeof(siam_decode_call) <= SIAM_CALL_BYTES, "a call fits its place");

static inline siam_decode_call *siam_call_at(uint8_t *region, uint32_t number) {
  return (siam_decode_call *)(region + (uint64_t)number * SIAM_CALL_BYTES);
}

#endif
