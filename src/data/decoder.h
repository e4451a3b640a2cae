/// decoder.h: one process of siamese-decode, as the program sees it.
#ifndef SIAM_DATA_DECODER_H
#define SIAM_DATA_DECODER_H

#include "data/decode_call.h"
#include "data/formats.h"

/// Where a decoder stands. What is not READY must be destroyed.
typedef enum siam_decoder_state {
  SIAM_DECODER_STARTING,
  SIAM_DECODER_READY,
  SIAM_DECODER_REFUSED, ///< The system does not let it give its rights away.
  SIAM_DECODER_DEAD
} siam_decoder_state;

typedef struct siam_decoder {
  siam_decoder_state state;
  int process;        ///< A descriptor of it, so that nobody else is meant when it is gone.
  int socket, memory; ///< The program's end; the region's descriptor.
  uint8_t *region;    ///< siam_region_bytes(&size)
  siam_region_size size;
  uint32_t seconds;    ///< Of processor time for one picture.
  uint64_t own_memory; ///< Bytes beside the region.
  bool large;          ///< The last picture took more of the region than is kept.
  struct siam_decoder *next;
} siam_decoder;

/// Starts `program` and does not wait for it.
siam_status siam_decoder_start(const char *program, const siam_region_size *size, uint64_t memory,
                               uint32_t seconds, siam_decoder **decoder);
/// Ends the process and waits for its end. NULL is allowed.
void siam_decoder_destroy(siam_decoder *decoder);

/// Waits until a starting decoder is READY, or fails and says why it is not.
siam_status siam_decoder_settle(siam_decoder *decoder);

/// Decodes `count` files, 1 … SIAM_CALLS, in the process, or the first few, and writes how many; where it is
/// none, the first has to be alone. Fails where it dies of them and is DEAD; the
/// sentence is about the first file, which is to blame where it is alone (SIAM_ERROR_FORMAT).
siam_status siam_decoder_decode(siam_decoder *decoder, const siam_picture_file *files, uint32_t count,
                                uint32_t *answered);

/// What became of file `number` of them: its picture, whose pixels lie in the region until the next call, or
/// its error. An answer that cannot be makes the decoder DEAD.
siam_status siam_decoder_answer(siam_decoder *decoder, const siam_picture_file *file, uint32_t number,
                                siam_picture *picture);

/// Gives back what a large picture took of the region, but for its beginnings.
void siam_decoder_trim(siam_decoder *decoder);

#endif
