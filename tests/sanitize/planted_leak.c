/// Loses its only pointer to a block: the sanitizer run has to notice, or it would prove nothing.
#include <criterion/criterion.h>
#include <stdlib.h>

static void *volatile block;

Test(planted_leak, is_reported) {
  block = malloc(123);
  block = NULL;
}
