#include "device/device.h"

#include "base/memory.h"
#include "device/discover.h"
#include "device/program.h"
#include "device/traits.h"
#include "device/tuning.h"

#include <stdlib.h>
#include <string.h>

/// Finds the device `selector` means and copies what is known about it.
static siam_status find(const char *selector, siam_found_device *found) {
  siam_status status = SIAM_OK;
  siam_found_device *devices = NULL;
  siam_device_info *infos = NULL;
  size_t count = 0, picked = 0;
  unsigned platform = 0, number = 0;
  bool is_pair = siam_selector_is_pair(siam_selector_effective(selector), &platform, &number);
  SIAM_TRY(siam_discover(is_pair ? (int)platform : -1, &devices, &count));
  if (count == 0) {
    status =
        siam_fail(SIAM_ERROR_ARGUMENT,
                  "OpenCL platform %u does not exist or has no device; siamese-devices lists those there are",
                  platform);
    goto cleanup;
  }
  SIAM_TRY_ALLOCATE(infos, count);
  for (size_t i = 0; i < count; i++) infos[i] = devices[i].info;
  SIAM_TRY(siam_devices_pick(infos, count, selector, &picked, NULL, 0));
  *found = devices[picked];
cleanup:
  siam_free(infos);
  siam_free(devices);
  return status;
}

/// Reads "OpenCL 1.2 …" as 12; 0 for what does not look so.
static unsigned long version_number(const char *text) {
  if (strncmp(text, "OpenCL ", 7) != 0) return 0;
  char *end = NULL;
  unsigned long major = strtoul(text + 7, &end, 10);
  return *end == '.' ? major * 10 + strtoul(end + 1, NULL, 10) : 0;
}

/// Kernels need OpenCL C 1.2 and a compiler.
static siam_status check(const siam_found_device *found) {
  const siam_device_info *info = &found->info;
  SIAM_RETURN_IF_FAILED(siam_opencl(found->trouble, "ask the device what it is"));
  if (version_number(info->version) < 12)
    return siam_fail(SIAM_ERROR_DEVICE, "%s speaks \"%s\"; OpenCL 1.2 is needed: update its driver",
                     info->name, info->version);
  cl_bool available = CL_FALSE, compiles = CL_FALSE;
  cl_int error = clGetDeviceInfo(found->id, CL_DEVICE_AVAILABLE, sizeof available, &available, NULL);
  if (error == CL_SUCCESS)
    error = clGetDeviceInfo(found->id, CL_DEVICE_COMPILER_AVAILABLE, sizeof compiles, &compiles, NULL);
  SIAM_RETURN_IF_FAILED(siam_opencl(error, "ask the device what it is"));
  if (!available)
    return siam_fail(SIAM_ERROR_DEVICE, "%s is not available; choose another device with --device",
                     info->name);
  if (!compiles)
    return siam_fail(SIAM_ERROR_DEVICE, "%s has no compiler for kernels; choose another device", info->name);
  return SIAM_OK;
}

void siam_device_report_cache(siam_device *device, siam_status status, const char *consequence) {
  if (status == SIAM_OK) return;
  siam_log(&device->logger, device->cache_reported ? SIAM_LOG_DEBUG : SIAM_LOG_WARNING, "%s; %s%s",
           siam_last_error(), consequence,
           status == SIAM_ERROR_FILE
               ? ": mend that, or name another cache folder by SIAMESE_CACHE_DIR (off: none)"
               : "");
  device->cache_reported = true;
}

siam_status siam_device_create(const siam_device_options *options, siam_device **device) {
  siam_status status = SIAM_OK;
  siam_device *made = NULL;
  siam_found_device found = {0};
  cl_int error = CL_SUCCESS;
  SIAM_TRY(find(options != NULL ? options->selector : NULL, &found));
  SIAM_TRY(check(&found));
  SIAM_TRY_ALLOCATE(made, 1);
  made->platform = found.platform;
  made->id = found.id;
  made->info = found.info;
  if (options != NULL) made->logger = options->logger;
  SIAM_TRY(siam_traits_find(made->id, &made->info, &made->traits));
  const cl_context_properties properties[] = {CL_CONTEXT_PLATFORM, (cl_context_properties)made->platform, 0};
  made->context = clCreateContext(properties, 1, &made->id, NULL, NULL, &error);
  SIAM_TRY(siam_opencl(error, "open the device"));
  made->queue = clCreateCommandQueue(made->context, made->id, 0, &error);
  SIAM_TRY(siam_opencl(error, "make a command queue"));
  *device = made;
  made = NULL;
cleanup:
  if (made != NULL) {
    siam_fail_within(status, "%s", made->info.name);
    siam_device_destroy(made);
  }
  return status;
}

void siam_device_destroy(siam_device *device) {
  if (device == NULL) return;
  if (device->queue != NULL) clFinish(device->queue);
  if (device->forget != NULL) device->forget();
  siam_programs_release(device);
  siam_tuning_release(device);
  if (device->queue != NULL) clReleaseCommandQueue(device->queue);
  if (device->context != NULL) clReleaseContext(device->context);
  siam_free(device);
}

const siam_device_info *siam_device_get_info(const siam_device *device) {
  return &device->info;
}
