#include "device/traits.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { GPU_GROUP = 64 };

static size_t smaller(size_t a, size_t b) {
  return a < b ? a : b;
}

siam_status siam_traits_limit(const char *mebibytes, siam_device_traits *traits) {
  char *end = NULL;
  if (mebibytes == NULL || mebibytes[0] == '\0') return SIAM_OK;
  const double limit = strtod(mebibytes, &end);
  if (*end != '\0' || !(limit >= 1 && limit <= 1e9))
    return siam_fail(SIAM_ERROR_ARGUMENT, "SIAMESE_DEVICE_MEMORY=%s: give a number of MiB from 1 on",
                     mebibytes);
  const uint64_t bytes = (uint64_t)(limit * 1048576);
  if (traits->global_bytes > bytes) traits->global_bytes = bytes;
  if (traits->allocation_bytes > bytes) traits->allocation_bytes = bytes;
  return SIAM_OK;
}

static unsigned largest_power_of_two(size_t limit) {
  unsigned power = 1;
  while ((size_t)power * 2 <= limit) power *= 2;
  return power;
}

void siam_traits_derive(const siam_device_facts *facts, const char *form, siam_device_traits *traits) {
  // Intel's CPU runtime prefers scalars, to vectorise by itself, and tells its registers as the native width.
  unsigned width =
      facts->native_width > facts->preferred_width ? facts->native_width : facts->preferred_width;
  // Oclgrind claims every type; it looks for races, so the form with real work-groups is the one to give it.
  // Mesa's llvmpipe, a CPU, has no vectors: it spreads work-items over the registers, as GPUs do.
  traits->is_cpu =
      (facts->type & CL_DEVICE_TYPE_CPU) != 0 && (facts->type & CL_DEVICE_TYPE_GPU) == 0 && width > 1;
  if (form != NULL && form[0] != '\0') traits->is_cpu = strcasecmp(form, "cpu") == 0;
  traits->group_limit = (unsigned)smaller(facts->group_limit, facts->item_limit);
  if (traits->is_cpu) {
    traits->group_size = 1;
    traits->vector_width = width >= 16 ? 16 : 8;
  } else {
    traits->group_size = largest_power_of_two(smaller(GPU_GROUP, traits->group_limit));
    traits->vector_width = facts->preferred_width >= 4 ? 4 : 1;
  }
  traits->kept = strcasestr(facts->platform, "Portable Computing Language") != NULL ? SIAM_KEPT_BITCODE
                 : strcasestr(facts->vendor, "NVIDIA") != NULL                      ? SIAM_KEPT_NOTHING
                                                                                    : SIAM_KEPT_BINARY;
}

static siam_status ask(cl_device_id id, cl_device_info what, size_t size, void *answer) {
  return siam_opencl(clGetDeviceInfo(id, what, size, answer, NULL), "ask the device what it is");
}

siam_status siam_traits_find(cl_device_id id, const siam_device_info *info, siam_device_traits *traits) {
  siam_device_facts facts = {.platform = info->platform, .vendor = info->vendor};
  size_t items[16] = {0}, items_size = 0;
  cl_ulong allocation = 0;
  cl_device_fp_config single = 0;
  SIAM_RETURN_IF_FAILED(ask(id, CL_DEVICE_TYPE, sizeof facts.type, &facts.type));
  SIAM_RETURN_IF_FAILED(
      ask(id, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, sizeof facts.native_width, &facts.native_width));
  SIAM_RETURN_IF_FAILED(
      ask(id, CL_DEVICE_PREFERRED_VECTOR_WIDTH_FLOAT, sizeof facts.preferred_width, &facts.preferred_width));
  SIAM_RETURN_IF_FAILED(ask(id, CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof facts.group_limit, &facts.group_limit));
  SIAM_RETURN_IF_FAILED(ask(id, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof allocation, &allocation));
  SIAM_RETURN_IF_FAILED(ask(id, CL_DEVICE_SINGLE_FP_CONFIG, sizeof single, &single));
  SIAM_RETURN_IF_FAILED(
      siam_opencl(clGetDeviceInfo(id, CL_DEVICE_MAX_WORK_ITEM_SIZES, sizeof items, items, &items_size),
                  "ask the device"));
  facts.item_limit = items[0];
  siam_traits_derive(&facts, getenv("SIAMESE_KERNEL_FORM"), traits);
  traits->has_fma = (single & CL_FP_FMA) != 0;
  traits->compute_units = info->compute_units;
  traits->global_bytes = info->global_bytes;
  traits->local_bytes = info->local_bytes;
  traits->allocation_bytes = allocation;
  return siam_traits_limit(getenv("SIAMESE_DEVICE_MEMORY"), traits);
}
