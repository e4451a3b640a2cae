/// Which form of the kernels suits a device.
#ifndef SIAM_DEVICE_TRAITS_H
#define SIAM_DEVICE_TRAITS_H

#include "device/device.h"

/// What OpenCL answers about a device, as far as the traits depend on it.
typedef struct siam_device_facts {
  cl_device_type type;
  cl_uint native_width, preferred_width; ///< Floats in a vector.
  size_t group_limit, item_limit;        ///< Largest work-group; largest first dimension.
  const char *platform, *vendor;
} siam_device_facts;

/// Derives is_cpu, kept, vector_width, group_size and group_limit. `form` is "cpu" or "gpu"
/// to force a form of the kernels (tests run the GPU form on a CPU this way), NULL or "" to go by the type.
void siam_traits_derive(const siam_device_facts *facts, const char *form, siam_device_traits *traits);

/// Lowers the device's memory to so many MiB, a text; NULL or "" is no limit.
siam_status siam_traits_limit(const char *mebibytes, siam_device_traits *traits);

/// Asks the device and derives everything; the form comes from the environment variable SIAMESE_KERNEL_FORM,
/// and a limit of memory from SIAMESE_DEVICE_MEMORY.
siam_status siam_traits_find(cl_device_id id, const siam_device_info *info, siam_device_traits *traits);

#endif
