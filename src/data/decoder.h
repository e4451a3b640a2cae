/// decoder.h: one process of siamese-decode, as the program sees it.
#ifndef SIAM_DATA_DECODER_H
#define SIAM_DATA_DECODER_H

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
  int process;         ///< A descriptor of it, so that nobody else is meant when it is gone.
  int socket, memory;  ///< The program's end; the region's descriptor.
  uint8_t *region;     ///< SIAM_REGION_BYTES
  uint32_t seconds;    ///< Of processor time for one picture.
  uint64_t own_memory; ///< Bytes beside the region.
  bool large;          ///< The last picture took more of the region than is kept.
  struct siam_decoder *next;
} siam_decoder;

/// Starts `program` and does not wait for it.
siam_status siam_decoder_start(const char *program, uint64_t memory, uint32_t seconds,
                               siam_decoder **decoder);
/// Ends the process and waits for its end. NULL is allowed.
void siam_decoder_destroy(siam_decoder *decoder);

/// Waits until a starting decoder is READY, or fails and says why it is not.
siam_status siam_decoder_settle(siam_decoder *decoder);

/// siam_picture_decode_here() in the process. The pixels lie in the region and stay until the next call. A
/// decoder that dies of the picture, or lies about it, makes the picture broken (SIAM_ERROR_FORMAT), and is
/// DEAD.
siam_status siam_decoder_decode(siam_decoder *decoder, const siam_picture_file *file, siam_picture *picture);

/// Gives back what a large picture took of the region, but for its beginnings.
void siam_decoder_trim(siam_decoder *decoder);

#endif
