// Which platforms are asked for their devices. Two platforms made for these tests stand before the real ones.
#include "device/discover.h"

#include "base/memory.h"
#include "device/device.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/// Only their addresses count.
static int platforms[2], devices[2];
static unsigned asked[2], contexts;
static cl_int answer[2];

static void begin(void) {
  unsetenv("SIAMESE_DEVICE");
}
TestSuite(discover, .init = begin);

static int place_of(const void *id, const int *list) {
  return id == (const void *)&list[0] ? 0 : 1;
}

static cl_int give(const void *value, size_t length, size_t size, void *to, size_t *needed) {
  if (needed != NULL) *needed = length;
  if (to == NULL) return CL_SUCCESS;
  if (size < length) return CL_INVALID_VALUE;
  memcpy(to, value, length);
  return CL_SUCCESS;
}

cl_int clGetPlatformIDs(cl_uint room, cl_platform_id *ids, cl_uint *count) {
  if (count != NULL) *count = 2;
  for (cl_uint i = 0; ids != NULL && i < room && i < 2; i++) ids[i] = (cl_platform_id)&platforms[i];
  return CL_SUCCESS;
}

cl_int clGetPlatformInfo(cl_platform_id id, cl_platform_info what, size_t size, void *to, size_t *needed) {
  (void)what;
  asked[place_of(id, platforms)]++;
  return give("a platform", sizeof "a platform", size, to, needed);
}

cl_int clGetDeviceIDs(cl_platform_id id, cl_device_type type, cl_uint room, cl_device_id *ids,
                      cl_uint *count) {
  (void)type;
  const int place = place_of(id, platforms);
  asked[place]++;
  if (answer[place] != CL_SUCCESS) return answer[place];
  if (count != NULL) *count = 1;
  if (ids != NULL && room > 0) ids[0] = (cl_device_id)&devices[place];
  return CL_SUCCESS;
}

cl_int clGetDeviceInfo(cl_device_id id, cl_device_info what, size_t size, void *to, size_t *needed) {
  static const cl_device_type type = CL_DEVICE_TYPE_CPU;
  static const size_t number = 64;
  const char *name = place_of(id, devices) == 0 ? "first" : "second";
  asked[place_of(id, devices)]++;
  if (what == CL_DEVICE_TYPE) return give(&type, sizeof type, size, to, needed);
  if (what == CL_DEVICE_VERSION) return give("OpenCL 3.0", sizeof "OpenCL 3.0", size, to, needed);
  if (what == CL_DEVICE_NAME) return give(name, strlen(name) + 1, size, to, needed);
  return give(&number, size < sizeof number ? size : sizeof number, size, to, needed);
}

cl_context clCreateContext(const cl_context_properties *properties, cl_uint count, const cl_device_id *ids,
                           void(CL_CALLBACK *notify)(const char *, const void *, size_t, void *), void *data,
                           cl_int *error) {
  (void)properties, (void)count, (void)notify, (void)data;
  asked[place_of(ids[0], devices)]++;
  contexts++;
  *error = CL_DEVICE_NOT_AVAILABLE;
  return NULL;
}

/// Opening ends at the context, which these platforms cannot make.
static void open_device(const char *selector) {
  siam_device *device = NULL;
  cr_expect_eq(siam_device_create(&(siam_device_options){.selector = selector}, &device), SIAM_ERROR_DEVICE);
  cr_expect_eq(contexts, 1, "%s: %s", selector, siam_last_error());
}

Test(discover, a_platform_that_was_not_asked_for_is_not_touched) {
  open_device("1:0");
  cr_expect_not_null(strstr(siam_last_error(), "second"), "%s", siam_last_error());
  cr_expect_eq(asked[0], 0);
  cr_expect_gt(asked[1], 0);
}

Test(discover, a_name_is_looked_for_on_all_platforms) {
  open_device("second");
  cr_expect_not_null(strstr(siam_last_error(), "second"), "%s", siam_last_error());
  cr_expect_gt(asked[0], 0);
}

Test(discover, a_platform_that_fails_does_not_hide_the_others) {
  siam_found_device *found = NULL;
  size_t count = 0;
  answer[0] = CL_OUT_OF_HOST_MEMORY;
  cr_assert_eq(siam_discover(-1, &found, &count), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(count, 1);
  cr_expect_str_eq(found[0].info.name, "second");
  cr_expect(found[0].info.platform_index == 1 && found[0].info.device_index == 0 && found[0].info.index == 0);
  siam_free(found);
}

/// Asks for all devices where no platform has one.
static void find_none(const char *reason) {
  siam_found_device *found = NULL;
  size_t count = 0;
  cr_expect_eq(siam_discover(-1, &found, &count), SIAM_ERROR_DEVICE);
  cr_expect_not_null(strstr(siam_last_error(), reason), "%s", siam_last_error());
}

Test(discover, drivers_without_devices_are_named) {
  answer[0] = answer[1] = CL_DEVICE_NOT_FOUND;
  find_none("a platform, a platform");
}

Test(discover, a_driver_that_fails_is_not_taken_for_one_without_devices) {
  answer[0] = CL_OUT_OF_HOST_MEMORY;
  answer[1] = CL_DEVICE_NOT_FOUND;
  find_none("CL_OUT_OF_HOST_MEMORY");
}
