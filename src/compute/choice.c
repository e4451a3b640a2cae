#include "compute/choice.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

siam_status siam_choice_read(const char *variable, const char *const *names, int count, int *chosen) {
  const char *value = getenv(variable);
  *chosen = 0;
  if (value == NULL || value[0] == '\0') return SIAM_OK;
  for (int i = 0; i < count; i++) {
    if (strcmp(value, names[i]) != 0) continue;
    *chosen = i;
    return SIAM_OK;
  }
  siam_text known = {0};
  for (int i = 0; i < count; i++) siam_text_add(&known, "%s%s", i > 0 ? ", " : "", names[i]);
  siam_status status = siam_text_status(&known);
  if (status == SIAM_OK)
    status =
        siam_fail(SIAM_ERROR_ARGUMENT, "%s is \"%s\"; it can be one of %s", variable, value, known.bytes);
  siam_text_clear(&known);
  return status;
}
