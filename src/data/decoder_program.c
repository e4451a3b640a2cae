#include "data/decoder_program.h"

#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

/// The file that this code was loaded from: a shared library, or the program itself, which has no name in the
/// loader's list.
static bool find_own_file(char *path, size_t size) {
  Dl_info information;
  struct link_map *module = NULL;
  static const char here = 0;
  if (dladdr1(&here, &information, (void **)&module, RTLD_DL_LINKMAP) == 0) return false;
  if (module->l_name[0] != '\0') {
    const size_t length = strlen(module->l_name);
    if (length >= size) return false;
    memcpy(path, module->l_name, length + 1);
    return true;
  }
  const ssize_t length = readlink("/proc/self/exe", path, size - 1);
  if (length <= 0) return false;
  path[length] = '\0';
  return true;
}

siam_status siam_decoder_program_find(const char *given, siam_text *path) {
  static const char *const ways[] = {SIAMESE_DECODE_FROM_PROGRAMS, SIAMESE_DECODE_FROM_LIBRARIES};
  char own[PATH_MAX];
  char *slash = NULL;
  if (given != NULL) {
    siam_text_add(path, "%s", given);
    return siam_text_status(path);
  }
  if (find_own_file(own, sizeof own)) slash = strrchr(own, '/');
  for (size_t i = 0; slash != NULL && i < sizeof ways / sizeof *ways; i++) {
    siam_text_clear(path);
    siam_text_add(path, "%.*s/%s", (int)(slash - own), own, ways[i]);
    SIAM_RETURN_IF_FAILED(siam_text_status(path));
    if (access(path->bytes, X_OK) == 0) return SIAM_OK;
  }
  siam_text_clear(path);
  siam_text_add(path, "%s", SIAMESE_DECODE_INSTALLED);
  return siam_text_status(path);
}
