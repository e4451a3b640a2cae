// A picture from its file, decoded here or in a process without rights.
#include "base/file.h"
#include "base/memory.h"
#include "data/decoders.h"

siam_status siam_picture_decode(const char *name, const uint8_t *bytes, size_t count,
                                const siam_picture_options *options, siam_picture *picture) {
  const siam_picture_options limited = siam_decoders_limit(options);
  const siam_picture_file file = {name, bytes, count, siam_picture_options_fill(&limited)};
  return siam_decoders_decode(&file, picture);
}

siam_status siam_picture_read_file(const char *path, const siam_picture_options *options, uint8_t **bytes,
                                   size_t *count) {
  const siam_picture_options limited = siam_decoders_limit(options);
  siam_status status =
      siam_file_read(path, (size_t)siam_picture_options_fill(&limited).max_bytes, bytes, count);
  return status == SIAM_ERROR_FORMAT
             ? siam_fail(status, "%s; make it smaller or raise the limit by --max-file", siam_last_error())
             : status;
}

siam_status siam_picture_load(const char *path, const siam_picture_options *options, siam_picture *picture) {
  uint8_t *bytes = NULL;
  size_t count = 0;
  *picture = (siam_picture){0};
  SIAM_RETURN_IF_FAILED(siam_picture_read_file(path, options, &bytes, &count));
  siam_status status = siam_picture_decode(path, bytes, count, options, picture);
  siam_free(bytes);
  return status;
}

void siam_picture_clear(siam_picture *picture) {
  if (picture->decoder != NULL)
    siam_decoders_return(picture->decoders, picture->decoder);
  else
    siam_free(picture->pixels);
  *picture = (siam_picture){0};
}
