/// WebP through libwebp. Its container says how long it is and its decoder refuses what ends early; it has no
/// checksums, so that flipped bits inside lossy data cannot be told.
#include "base/memory.h"
#include "data/formats.h"

#include <webp/decode.h>
#include <webp/demux.h>

static siam_status broken(const siam_picture_file *file, const char *reason) {
  return siam_picture_broken(file, "WebP", reason);
}

static unsigned find_orientation(const WebPDemuxer *container) {
  WebPChunkIterator chunk;
  if (!WebPDemuxGetChunk(container, "EXIF", 1, &chunk)) return 1;
  unsigned orientation = siam_exif_orientation(chunk.chunk.bytes, chunk.chunk.size);
  WebPDemuxReleaseChunkIterator(&chunk);
  return orientation;
}

static siam_status decode_frame(const siam_picture_file *file, const WebPDemuxer *container,
                                siam_stored_picture *stored) {
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(file->bytes, file->count, &features) != VP8_STATUS_OK)
    return broken(file, "its header is damaged");
  if (features.has_animation)
    return siam_fail(SIAM_ERROR_UNSUPPORTED,
                     "%s: an animated WebP, which is not read; save one frame of it as a picture",
                     file->name);
  SIAM_RETURN_IF_FAILED(siam_picture_check_size(file, (uint64_t)features.width, (uint64_t)features.height));
  stored->width = (uint32_t)features.width;
  stored->height = (uint32_t)features.height;
  stored->channels = features.has_alpha ? 4 : 3;
  stored->orientation = find_orientation(container);
  size_t stride = (size_t)stored->width * stored->channels, bytes = stride * stored->height;
  stored->samples = siam_samples_allocate(file, bytes, 1);
  if (stored->samples == NULL) return SIAM_ERROR_MEMORY;
  const uint8_t *done =
      features.has_alpha ? WebPDecodeRGBAInto(file->bytes, file->count, stored->samples, bytes, (int)stride)
                         : WebPDecodeRGBInto(file->bytes, file->count, stored->samples, bytes, (int)stride);
  return done != NULL ? SIAM_OK : broken(file, "its data are damaged or end early");
}

siam_status siam_decode_webp(const siam_picture_file *file, siam_stored_picture *stored) {
  WebPData data = {file->bytes, file->count};
  WebPDemuxer *container = WebPDemux(&data);
  if (container == NULL) return broken(file, "its container is damaged or ends early");
  siam_status status = decode_frame(file, container, stored);
  WebPDemuxDelete(container);
  return status;
}
