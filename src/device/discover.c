#include "device/discover.h"

#include "base/memory.h"
#include "base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/// clGetPlatformIDs() of the ICD loader where no driver is registered (cl_khr_icd); not a count of 0.
enum { NO_PLATFORM = -1001 };

#define INSTALL_HINT                                                                                         \
  "install your GPU's OpenCL driver, or on Debian the package pocl-opencl-icd, which computes on the CPU"

/// Drivers pad names with blanks.
static void trim(char *text) {
  size_t length = strlen(text);
  while (length > 0 && isspace((unsigned char)text[length - 1])) text[--length] = '\0';
  size_t blanks = 0;
  while (isspace((unsigned char)text[blanks])) blanks++;
  memmove(text, text + blanks, length - blanks + 1);
}

/// Trims `answer` and copies it; one that does not fit is cut.
static void keep(char *answer, char *text, size_t size) {
  trim(answer);
  snprintf(text, size, "%s", answer);
}

/// What OpenCL answers; a text that cannot be had is empty.
static cl_int device_text(cl_device_id id, cl_device_info what, char *text, size_t size) {
  char answer[2048] = "";
  cl_int error = clGetDeviceInfo(id, what, sizeof answer - 1, answer, NULL);
  if (error != CL_SUCCESS) answer[0] = '\0';
  keep(answer, text, size);
  return error;
}

static void platform_name(cl_platform_id platform, char *text, size_t size) {
  char answer[2048] = "";
  if (clGetPlatformInfo(platform, CL_PLATFORM_NAME, sizeof answer - 1, answer, NULL) != CL_SUCCESS)
    answer[0] = '\0';
  keep(answer, text, size);
}

/// A device that claims to be several types at once is a simulator (Oclgrind): it comes after all others.
static const char *type_name(cl_device_type type) {
  type &= CL_DEVICE_TYPE_CPU | CL_DEVICE_TYPE_GPU | CL_DEVICE_TYPE_ACCELERATOR;
  if (type == CL_DEVICE_TYPE_CPU) return "cpu";
  if (type == CL_DEVICE_TYPE_GPU) return "gpu";
  if (type == CL_DEVICE_TYPE_ACCELERATOR) return "accelerator";
  return "other";
}

/// Keeps the first error.
static void note(cl_int error, cl_int *trouble) {
  if (*trouble == CL_SUCCESS) *trouble = error;
}

/// A device can be used without its clock, vendor and driver's version.
static void describe(siam_found_device *found) {
  siam_device_info *info = &found->info;
  cl_device_type type = 0;
  cl_uint units = 0, clock = 0;
  cl_ulong global = 0, local = 0;
  cl_int *trouble = &found->trouble;
  note(clGetDeviceInfo(found->id, CL_DEVICE_TYPE, sizeof type, &type, NULL), trouble);
  note(clGetDeviceInfo(found->id, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, NULL), trouble);
  note(clGetDeviceInfo(found->id, CL_DEVICE_GLOBAL_MEM_SIZE, sizeof global, &global, NULL), trouble);
  note(clGetDeviceInfo(found->id, CL_DEVICE_LOCAL_MEM_SIZE, sizeof local, &local, NULL), trouble);
  note(device_text(found->id, CL_DEVICE_NAME, info->name, sizeof info->name), trouble);
  note(device_text(found->id, CL_DEVICE_VERSION, info->version, sizeof info->version), trouble);
  clGetDeviceInfo(found->id, CL_DEVICE_MAX_CLOCK_FREQUENCY, sizeof clock, &clock, NULL);
  snprintf(info->type, sizeof info->type, "%s", type_name(type));
  info->compute_units = units;
  info->clock_mhz = clock;
  info->global_bytes = global;
  info->local_bytes = local;
  platform_name(found->platform, info->platform, sizeof info->platform);
  device_text(found->id, CL_DEVICE_VENDOR, info->vendor, sizeof info->vendor);
  device_text(found->id, CL_DRIVER_VERSION, info->driver, sizeof info->driver);
}

typedef struct found_list {
  siam_found_device *devices;
  size_t count, capacity;
  cl_int trouble; ///< Of the first platform that failed to tell its devices.
} found_list;

/// The devices of a platform, in an array that the caller frees.
static siam_status ask_platform(cl_platform_id platform, cl_device_id **ids, cl_uint *count,
                                cl_int *trouble) {
  cl_int error = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, NULL, count);
  if (error == CL_SUCCESS && *count > 0) {
    *ids = siam_allocate(*count, sizeof(cl_device_id));
    if (*ids == NULL) return SIAM_ERROR_MEMORY;
    error = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, *count, *ids, NULL);
  }
  if (error == CL_SUCCESS) return SIAM_OK;
  *count = 0;
  if (error != CL_DEVICE_NOT_FOUND) note(error, trouble);
  return SIAM_OK;
}

/// Appends the devices of one platform. A platform that fails to answer has none: it must not hide the
/// others.
static siam_status add_platform(found_list *list, cl_platform_id platform, unsigned platform_index,
                                bool counted) {
  siam_status status = SIAM_OK;
  cl_uint count = 0;
  cl_device_id *ids = NULL;
  SIAM_TRY(ask_platform(platform, &ids, &count, &list->trouble));
  for (cl_uint i = 0; i < count; i++) {
    SIAM_TRY(SIAM_GROW(list->devices, list->count, list->capacity));
    siam_found_device *found = &list->devices[list->count];
    *found = (siam_found_device){.platform = platform, .id = ids[i]};
    found->info.index = counted ? (unsigned)list->count : SIAM_INDEX_UNKNOWN;
    found->info.platform_index = platform_index;
    found->info.device_index = i;
    describe(found);
    list->count++;
  }
cleanup:
  siam_free(ids);
  return status;
}

static siam_status fail_without_device(const cl_platform_id *platforms, cl_uint count, cl_int trouble) {
  SIAM_RETURN_IF_FAILED(siam_opencl(trouble, "ask the drivers for their devices"));
  siam_text names = {0};
  for (cl_uint i = 0; i < count; i++) {
    char name[128];
    platform_name(platforms[i], name, sizeof name);
    siam_text_add(&names, "%s%s", i > 0 ? ", " : "", name);
  }
  siam_status status =
      siam_fail(SIAM_ERROR_DEVICE, "no OpenCL device: the drivers installed (%s) offer none; " INSTALL_HINT,
                names.bytes != NULL ? names.bytes : "none");
  siam_text_clear(&names);
  return status;
}

/// An array the caller frees, also after a failure.
static siam_status list_platforms(cl_platform_id **platforms, cl_uint *count) {
  cl_int error = clGetPlatformIDs(0, NULL, count);
  if (error == NO_PLATFORM || (error == CL_SUCCESS && *count == 0))
    return siam_fail(SIAM_ERROR_DEVICE, "no OpenCL driver is installed: " INSTALL_HINT);
  SIAM_RETURN_IF_FAILED(siam_opencl(error, "ask for the OpenCL platforms"));
  *platforms = siam_allocate(*count, sizeof(cl_platform_id));
  if (*platforms == NULL) return SIAM_ERROR_MEMORY;
  return siam_opencl(clGetPlatformIDs(*count, *platforms, NULL), "ask for the OpenCL platforms");
}

siam_status siam_discover(int only_platform, siam_found_device **devices, size_t *count) {
  siam_status status = SIAM_OK;
  cl_platform_id *platforms = NULL;
  cl_uint platform_count = 0;
  found_list list = {0};
  SIAM_TRY(list_platforms(&platforms, &platform_count));
  for (cl_uint i = 0; i < platform_count; i++) {
    if (only_platform >= 0 && i != (cl_uint)only_platform) continue;
    SIAM_TRY(add_platform(&list, platforms[i], i, only_platform < 0));
  }
  if (list.count == 0 && (only_platform < 0 || list.trouble != CL_SUCCESS)) {
    status = fail_without_device(platforms, platform_count, list.trouble);
    goto cleanup;
  }
  *devices = list.devices;
  *count = list.count;
  list.devices = NULL;
cleanup:
  siam_free(list.devices);
  siam_free(platforms);
  return status;
}

siam_status siam_devices_list(siam_device_info **devices, size_t *count) {
  siam_status status = SIAM_OK;
  siam_found_device *found = NULL;
  siam_device_info *infos = NULL;
  size_t found_count = 0;
  SIAM_TRY(siam_discover(-1, &found, &found_count));
  SIAM_TRY_ALLOCATE(infos, found_count);
  for (size_t i = 0; i < found_count; i++) infos[i] = found[i].info;
  *devices = infos;
  *count = found_count;
cleanup:
  siam_free(found);
  return status;
}

void siam_devices_free(siam_device_info *devices) {
  siam_free(devices);
}
