#include "pipeline/telling.h"

#include <stddef.h>

bool siam_tell(void *telling, uint32_t done, uint32_t count) {
  const siam_telling *whom = telling;
  return whom->preparing == NULL || whom->preparing(whom->context, whom->what, done, count);
}
