/// What a program that links the installed library looks like.
#include <siamese/device.h>
#include <stdio.h>

int main(void) {
  siam_device_info *devices = NULL;
  size_t count = 0;
  siam_status status = siam_devices_list(&devices, &count);
  printf("%s: %zu devices\n", siam_status_name(status), count);
  siam_devices_free(devices);
  return status != SIAM_OK;
}
