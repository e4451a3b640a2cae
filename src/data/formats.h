/// formats.h: what every decoder of a picture format gives to picture.c, which makes an upright 8-bit picture
/// of it. One file per format; a decoder checks that its file is whole before it trusts a sample.
#ifndef SIAM_DATA_FORMATS_H
#define SIAM_DATA_FORMATS_H

#include "data/picture.h"

/// A picture as stored. Zero value: none. `samples` is released with siam_samples_free().
typedef struct siam_stored_picture {
  uint32_t width, height;
  uint32_t channels;    ///< 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha.
  bool sixteen_bit;     ///< Samples are uint16_t in the machine's byte order, full range; otherwise uint8_t.
  unsigned orientation; ///< EXIF's 1 … 8; 0 counts as 1.
  void *samples;        ///< [height, width, channels]
} siam_stored_picture;

/// A file in memory, with the name to call it by and limits that have no zero fields.
typedef struct siam_picture_file {
  const char *name;
  const uint8_t *bytes;
  size_t count;
  siam_picture_options limits;
} siam_picture_file;

siam_status siam_decode_png(const siam_picture_file *file, siam_stored_picture *stored);
siam_status siam_decode_jpeg(const siam_picture_file *file, siam_stored_picture *stored);
siam_status siam_decode_webp(const siam_picture_file *file, siam_stored_picture *stored);
siam_status siam_decode_bmp(const siam_picture_file *file, siam_stored_picture *stored);
siam_status siam_decode_pnm(const siam_picture_file *file, siam_stored_picture *stored);

/// Memory for the samples of a picture, where the file's limits say, with anything in it: a decoder writes
/// every sample, or fails. Released with siam_samples_free(). NULL with the error recorded.
void *siam_samples_allocate(const siam_picture_file *file, size_t count, size_t size);
void siam_samples_free(const siam_picture_file *file, void *samples);

/// Refuses an empty size and one over the limits, before anything is allocated for it.
siam_status siam_picture_check_size(const siam_picture_file *file, uint64_t width, uint64_t height);

/// "NAME: broken FORMAT (REASON); …": the sentence for a damaged file.
siam_status siam_picture_broken(const siam_picture_file *file, const char *format, const char *reason);

/// Orientation (1 … 8) in `count` bytes of EXIF data, with or without the "Exif\0\0" before them. Anything
/// malformed is 1. Tag 0x0112 of the first directory (JEITA CP-3451, 4.6.4).
unsigned siam_exif_orientation(const uint8_t *bytes, size_t count);

#endif
