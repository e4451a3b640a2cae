/// Programs: kernels' sources built for a device with options, each at most once.
#ifndef SIAM_DEVICE_PROGRAM_H
#define SIAM_DEVICE_PROGRAM_H

#include "device/device.h"

/// A built OpenCL program; owned by its device.
typedef struct siam_program siam_program;

/// The program made from cl/NAME.cl with `options` ("-DKERNEL=3 …"; LOCAL and WIDTH are added here). Built on
/// first request, from the binary cache where that is in use; later requests with equal text return the same
/// object. A build failure is SIAM_ERROR_DEVICE with the compiler's words.
siam_status siam_program_get(siam_device *device, const char *name, const char *options,
                             siam_program **program);

/// The same for a given text; `name` tells programs apart and stands in messages.
siam_status siam_program_get_source(siam_device *device, const char *name, const char *source,
                                    const char *options, siam_program **program);

/// A new kernel object (arguments are per object); the caller releases it.
siam_status siam_program_kernel(siam_program *program, const char *kernel, cl_kernel *created);

/// Releases all programs of a device; called by siam_device_destroy().
void siam_programs_release(siam_device *device);

#endif
