/// What the generators and importers share: folders that are made as needed, and grey pictures written to
/// PNG.
#ifndef SIAM_DATASETS_PICTURE_FOLDER_H
#define SIAM_DATASETS_PICTURE_FOLDER_H

#include "base/error.h"

#include <stdint.h>

/// Makes the folder `path` and every folder above it that is missing.
siam_status siam_folder_make(const char *path);

/// Refuses a path at which something stands already, unless it is an empty folder: pictures of an earlier
/// run with other options would stay among the new ones.
siam_status siam_folder_require_empty(const char *path);

/// Writes `height` × `width` grey values, row by row, as the PNG file `path`.
siam_status siam_picture_write(const char *path, const uint8_t *pixels, int height, int width);

#endif
