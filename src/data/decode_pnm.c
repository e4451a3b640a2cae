/// PGM and PPM, raw (P5, P6) and plain (P2, P3), up to 16 bits (netpbm: pgm(5), ppm(5)).
#include "base/memory.h"
#include "data/formats.h"

typedef struct pnm_reader {
  const siam_picture_file *file;
  size_t at;
} pnm_reader;

static siam_status broken(const pnm_reader *reader, const char *reason) {
  return siam_picture_broken(reader->file, "PNM", reason);
}

static bool is_space(uint8_t byte) {
  return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/// The next number of the header or of plain samples, after space and comments; at most `limit`.
static siam_status read_number(pnm_reader *reader, uint32_t limit, uint32_t *number) {
  const siam_picture_file *file = reader->file;
  while (reader->at < file->count && (is_space(file->bytes[reader->at]) || file->bytes[reader->at] == '#')) {
    bool comment = file->bytes[reader->at++] == '#';
    while (comment && reader->at < file->count && file->bytes[reader->at] != '\n') reader->at++;
  }
  if (reader->at >= file->count) return broken(reader, "it ends early");
  uint64_t value = 0;
  size_t first = reader->at;
  for (; reader->at < file->count; reader->at++) {
    unsigned digit = (unsigned)file->bytes[reader->at] - '0';
    if (digit > 9) break;
    value = value * 10 + digit;
    if (value > limit) return broken(reader, "a number is too large");
  }
  if (reader->at == first) return broken(reader, "something other than a number stands in it");
  *number = (uint32_t)value;
  return SIAM_OK;
}

static siam_status read_raw(pnm_reader *reader, unsigned bytes, uint32_t most, uint32_t *number) {
  const uint8_t *b = reader->file->bytes + reader->at;
  *number = bytes == 1 ? b[0] : (uint32_t)b[0] << 8 | b[1];
  reader->at += bytes;
  return *number > most ? broken(reader, "a sample is larger than its header allows") : SIAM_OK;
}

static siam_status read_samples(pnm_reader *reader, bool plain, uint32_t most, siam_stored_picture *stored) {
  size_t count = (size_t)stored->width * stored->height * stored->channels;
  unsigned bytes = most > UINT8_MAX ? 2 : 1;
  if (!plain && (reader->file->count - reader->at) / bytes < count) return broken(reader, "it ends early");
  // A plain sample takes at least two bytes, its digit and a space; the last needs no space.
  if (plain && (reader->file->count - reader->at + 1) / 2 < count) return broken(reader, "it ends early");
  stored->samples = siam_samples_allocate(reader->file, count, bytes);
  if (stored->samples == NULL) return SIAM_ERROR_MEMORY;
  for (size_t i = 0; i < count; i++) {
    uint32_t value = 0;
    SIAM_RETURN_IF_FAILED(plain ? read_number(reader, most, &value) : read_raw(reader, bytes, most, &value));
    if (bytes == 1)
      ((uint8_t *)stored->samples)[i] = (uint8_t)((value * UINT8_MAX + most / 2) / most);
    else
      ((uint16_t *)stored->samples)[i] = (uint16_t)((value * (uint64_t)UINT16_MAX + most / 2) / most);
  }
  return SIAM_OK;
}

siam_status siam_decode_pnm(const siam_picture_file *file, siam_stored_picture *stored) {
  pnm_reader reader = {file, 2};
  uint8_t kind = file->bytes[1];
  bool plain = kind == '2' || kind == '3';
  uint32_t most = 0;
  SIAM_RETURN_IF_FAILED(read_number(&reader, UINT32_MAX, &stored->width));
  SIAM_RETURN_IF_FAILED(read_number(&reader, UINT32_MAX, &stored->height));
  SIAM_RETURN_IF_FAILED(read_number(&reader, UINT16_MAX, &most));
  if (most == 0) return broken(&reader, "its largest value is 0");
  if (reader.at >= file->count || !is_space(file->bytes[reader.at]))
    return broken(&reader, "no space follows its header");
  reader.at++;
  SIAM_RETURN_IF_FAILED(siam_picture_check_size(file, stored->width, stored->height));
  stored->channels = kind == '3' || kind == '6' ? 3 : 1;
  stored->sixteen_bit = most > UINT8_MAX;
  return read_samples(&reader, plain, most, stored);
}
