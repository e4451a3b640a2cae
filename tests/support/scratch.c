#include "scratch.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *siam_scratch_create(void) {
  const char *base = getenv("TMPDIR");
  char path[512];
  snprintf(path, sizeof path, "%s/siamese-test-XXXXXX", base != NULL ? base : "/tmp");
  if (mkdtemp(path) == NULL) {
    perror(path);
    abort();
  }
  return strdup(path);
}

static int remove_entry(const char *path, const struct stat *information, int kind, struct FTW *place) {
  (void)information, (void)kind, (void)place;
  return remove(path);
}

void siam_scratch_remove(char *folder) {
  nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
  free(folder);
}

const char *siam_scratch_path(const char *folder, const char *name) {
  static _Thread_local char paths[8][1024];
  static _Thread_local unsigned turn;
  char *path = paths[turn++ % 8];
  snprintf(path, sizeof paths[0], "%s/%s", folder, name);
  return path;
}
