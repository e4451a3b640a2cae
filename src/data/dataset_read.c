// A picture's numbers for those who build networks by hand.
#include "base/memory.h"
#include "data/dataset.h"
#include "data/resample.h"

siam_status siam_dataset_read(const siam_dataset *dataset, uint32_t image, const siam_read_options *options,
                              float *values) {
  siam_status status = SIAM_OK;
  uint8_t *bytes = NULL;
  const siam_picture_shape shape = {.height = options->height,
                                    .width = options->width,
                                    .channels = options->channels != 0 ? options->channels : 1,
                                    .mode = options->resize};
  const siam_picture_options decode = {.decoders = options->decoders};
  if (image >= siam_dataset_count_images(dataset))
    return siam_fail(SIAM_ERROR_ARGUMENT, "no picture %u; there are %u", image,
                     siam_dataset_count_images(dataset));
  SIAM_RETURN_IF_FAILED(siam_picture_shape_check(&shape));
  const size_t count = siam_picture_shape_bytes(&shape);
  SIAM_TRY_ALLOCATE(bytes, count);
  SIAM_TRY(siam_picture_load_resized(siam_dataset_get_image_path(dataset, image), &decode, &shape, bytes));
  for (size_t i = 0; i < count; i++) values[i] = (float)bytes[i] / 255;
cleanup:
  siam_free(bytes);
  return status;
}
