#include "reference/give_up.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void siam_reference_give_up(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
  exit(2);
}

void siam_reference_ok(siam_status status) {
  if (status != SIAM_OK) siam_reference_give_up("%s", siam_last_error());
}

void *siam_reference_array(size_t count, size_t size) {
  void *made = calloc(count > 0 ? count : 1, size);
  if (made == NULL) siam_reference_give_up("no memory for %zu numbers of the reference", count);
  return made;
}
