/// The kernels' texts, embedded at build time from cl/ (cmake/embed.cmake).
#ifndef SIAM_DEVICE_KERNEL_SOURCES_H
#define SIAM_DEVICE_KERNEL_SOURCES_H

typedef struct siam_kernel_source {
  const char *name; ///< File name in cl/ without ".cl".
  const char *text; ///< OpenCL C, includes already in place.
} siam_kernel_source;

/// Ends with a row of NULLs.
extern const siam_kernel_source siam_kernel_sources[];

#endif
