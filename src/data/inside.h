/// inside.h: whether files lie below a folder, wherever links lead.
#ifndef SIAM_DATA_INSIDE_H
#define SIAM_DATA_INSIDE_H

#include "data/key_map.h"

/// Zero value with `folder` set: ready for siam_inside_check(). Release with siam_inside_end().
typedef struct siam_inside {
  const char *folder; ///< Below which files must lie; "": the working folder. Not owned.
  char *root;         ///< The same without links.
  siam_key_map known; ///< Folders found to lie below it, so that most files cost two looks and no path.
} siam_inside;

/// Tells whether a file that is there lies below the folder when all links are followed. After an error that
/// is not known, and the file must not be read.
siam_status siam_inside_check(siam_inside *inside, const char *path, bool *lies_inside);

void siam_inside_end(siam_inside *inside);

#endif
