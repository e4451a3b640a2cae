/// What a program that links the installed library looks like.
#include <siamese/decode.h>
#include <siamese/device.h>
#include <stdio.h>

int main(void) {
  siam_device_info *devices = NULL;
  size_t count = 0;
  siam_status status = siam_devices_list(&devices, &count);
  printf("%s: %zu devices\n", siam_status_name(status), count);
  siam_devices_free(devices);
  siam_decoders *decoders = NULL;
  siam_decoders_info info;
  if (status == SIAM_OK) status = siam_decoders_create(NULL, &decoders);
  if (status == SIAM_OK) status = siam_decoders_get_info(decoders, &info);
  if (status == SIAM_OK && info.in_process) printf("pictures are decoded in processes without rights\n");
  siam_decoders_destroy(decoders);
  return status != SIAM_OK;
}
