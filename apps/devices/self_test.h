/// siamese-devices --self-test: runs reference/self_test.h and prints what came out.
#ifndef SIAM_APPS_DEVICES_SELF_TEST_H
#define SIAM_APPS_DEVICES_SELF_TEST_H

#include <stdbool.h>

typedef struct self_test_arguments {
  const char *device, *model, *basefile;
  double seconds;
  bool json, quiet;
} self_test_arguments;

/// Exit code: 0 passed, 1 something is wrong, 2 it could not be done.
int run_self_test(const self_test_arguments *arguments);

#endif
