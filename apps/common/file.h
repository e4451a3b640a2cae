/// Files that a command writes.
#ifndef SIAM_APPS_FILE_H
#define SIAM_APPS_FILE_H

#include <stddef.h>

/// Writes `size` bytes under the name `path`, which is the complete old or the complete new file at every
/// moment. Returns NULL, or why it cannot be.
const char *app_write_file(const char *path, const char *bytes, size_t size);

/// NULL where app_write_file() could write there now, or why not: for programs that work long before they
/// write.
const char *app_check_writable(const char *path);

#endif
