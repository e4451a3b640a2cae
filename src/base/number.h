/// Numbers in files and option texts: always with a point, whatever the program's locale says.
#ifndef SIAM_BASE_NUMBER_H
#define SIAM_BASE_NUMBER_H

#include "base/text.h"

/// Reads a finite number from the start of `text` and, where `end` is not NULL, says where it ends. False
/// where there is none.
bool siam_number_read(const char *text, const char **end, double *value);

/// Adds the shortest decimal text that reads back as the same float.
void siam_number_add(siam_text *text, float value);

#endif
