#include "base/json_memory.h"

#include "base/memory.h"

#include <pthread.h>
#include <setjmp.h>

/// What a reading has allocated so far, and where it ends when it gets no more.
typedef struct reading {
  void **blocks;
  size_t count, capacity;
  jmp_buf end;
} reading;

/// The reading of this thread; NULL outside of one, where jansson is served as before.
static _Thread_local reading *current;
static json_malloc_t original_malloc;
static json_free_t original_free;

static void *take(size_t size) {
  reading *of = current;
  void *block = original_malloc(size);
  if (of == NULL) return block;
  if (block == NULL) longjmp(of->end, 1);
  if (SIAM_GROW(of->blocks, of->count, of->capacity) != SIAM_OK) {
    original_free(block);
    longjmp(of->end, 1);
  }
  of->blocks[of->count++] = block;
  return block;
}

/// What is released is most often what was taken last.
static void give(void *block) {
  reading *of = current;
  if (of != NULL) {
    size_t i = of->count;
    while (i > 0 && of->blocks[i - 1] != block) i--;
    if (i > 0) of->blocks[i - 1] = of->blocks[--of->count];
  }
  original_free(block);
}

/// For good, since other threads may be inside of jansson at any later time.
static void install(void) {
  json_get_alloc_funcs(&original_malloc, &original_free);
  json_set_alloc_funcs(take, give);
}

static bool read_guarded(reading *of, const char *bytes, size_t count, size_t flags, json_error_t *error,
                         json_t **value) {
  if (setjmp(of->end) != 0) return false;
  *value = json_loadb(bytes, count, flags, error);
  return true;
}

json_t *siam_json_read(const char *bytes, size_t count, size_t flags, json_error_t *error, bool *ran_out) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  reading of = {0};
  json_t *value = NULL;
  pthread_once(&once, install);
  current = &of;
  *ran_out = !read_guarded(&of, bytes, count, flags, error, &value);
  current = NULL;
  for (size_t i = 0; *ran_out && i < of.count; i++) original_free(of.blocks[i]);
  siam_free(of.blocks);
  return value;
}
