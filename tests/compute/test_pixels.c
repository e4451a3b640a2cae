#include "compute/pixels.h"

#include <criterion/criterion.h>
#include <string.h>

static siam_device *device;
static void begin(void) {
  cr_assert_eq(siam_device_create(NULL, &device), SIAM_OK, "%s", siam_last_error());
}
static void end(void) {
  siam_device_destroy(device);
}
TestSuite(pixels, .init = begin, .fini = end);

Test(pixels, written_in_pieces_lie_one_after_the_other) {
  uint8_t bytes[60], back[60] = {0};
  for (int i = 0; i < 60; i++) bytes[i] = (uint8_t)(3 * i + 1);
  cl_mem pixels = NULL;
  cr_assert_eq(siam_pixels_create(device, 5, 12, &pixels), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_pixels_write(device, pixels, 3, 2, 12, bytes + 36), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_pixels_write(device, pixels, 0, 3, 12, bytes), SIAM_OK);
  cr_assert_eq(siam_pixels_write(device, pixels, 5, 0, 12, bytes), SIAM_OK);
  cr_assert_eq(clEnqueueReadBuffer(device->queue, pixels, CL_TRUE, 0, 60, back, 0, NULL, NULL), CL_SUCCESS);
  cr_expect_arr_eq(back, bytes, 60);
  cr_expect_eq(siam_pixels_write(device, pixels, 5, 1, 12, bytes), SIAM_ERROR_DEVICE);
  clReleaseMemObject(pixels);
}

Test(pixels, held_ones_are_those_given) {
  uint8_t bytes[60], back[60] = {0};
  for (int i = 0; i < 60; i++) bytes[i] = (uint8_t)(5 * i + 2);
  cl_mem pixels = NULL;
  cr_assert_eq(siam_pixels_hold(device, bytes, 5, 12, &pixels), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(clEnqueueReadBuffer(device->queue, pixels, CL_TRUE, 0, 60, back, 0, NULL, NULL), CL_SUCCESS);
  cr_expect_arr_eq(back, bytes, 60);
  clReleaseMemObject(pixels);
  cr_expect_eq(siam_pixels_hold(device, bytes, SIZE_MAX, 2, &pixels), SIAM_ERROR_DEVICE);
}

Test(pixels, what_is_too_much_does_not_fit_and_is_refused_with_the_sizes) {
  uint64_t most = device->traits.allocation_bytes;
  cr_expect(siam_pixels_fit(device, 1000, 784));
  cr_expect_not(siam_pixels_fit(device, (size_t)(most / 784) + 1, 784));
  cr_expect_not(siam_pixels_fit(device, SIZE_MAX, 2));
  cl_mem pixels = NULL;
  cr_expect_eq(siam_pixels_create(device, (size_t)(most / 784) + 1, 784, &pixels), SIAM_ERROR_DEVICE);
  cr_expect_not_null(strstr(siam_last_error(), "784 bytes"));
  cr_expect_not_null(strstr(siam_last_error(), "MiB"));
  cr_expect_eq(siam_pixels_create(device, SIZE_MAX, 2, &pixels), SIAM_ERROR_DEVICE);
  cr_expect_null(pixels);
}

Test(pixels, may_take_a_share_of_the_devices_memory) {
  siam_device small = {.traits = {.global_bytes = 1000, .allocation_bytes = 1000}};
  cr_expect(siam_pixels_fit(&small, 5, 100));
  cr_expect_not(siam_pixels_fit(&small, 6, 100));
  small.traits.is_cpu = true;
  cr_expect(siam_pixels_fit(&small, 2, 100));
  cr_expect_not(siam_pixels_fit(&small, 3, 100));
}
