// Lets a script put our reader and writer beside others' (compare_safetensors.py).
//
//   peer_safetensors check             reads cases from standard input, each a 32-bit length and its bytes;
//                                      prints "ok" or the sentence of the refusal, a line each
//   peer_safetensors rewrite IN OUT    loads IN and saves its F32 tensors and its metadata to OUT
#include "base/memory.h"
#include "model/safetensors.h"

#include <stdio.h>
#include <string.h>

static int check(void) {
  uint32_t length;
  while (fread(&length, sizeof length, 1, stdin) == 1) {
    uint8_t *bytes = siam_allocate(length, 1);
    siam_safetensors *file = NULL;
    if (bytes == NULL || fread(bytes, 1, length, stdin) != length) return 1;
    bool taken = siam_safetensors_parse("case", bytes, length, NULL, &file) == SIAM_OK;
    puts(taken ? "ok" : siam_last_error());
    siam_safetensors_destroy(file);
    siam_free(bytes);
  }
  return 0;
}

static int rewrite(const char *from, const char *to) {
  siam_safetensors *file = NULL;
  siam_status status = siam_safetensors_load(from, NULL, &file);
  if (status == SIAM_OK) {
    siam_safetensors_content content = {.tensor_count = siam_safetensors_count(file),
                                        .metadata_count = siam_safetensors_count_metadata(file)};
    // Both are arrays inside, but only the metadata are handed out as one.
    siam_safetensors_tensor *tensors = siam_allocate(content.tensor_count, sizeof *tensors);
    for (size_t i = 0; i < content.tensor_count; i++) tensors[i] = *siam_safetensors_get(file, i);
    content.tensors = tensors;
    if (content.metadata_count > 0) content.metadata = siam_safetensors_get_metadata(file, 0);
    status = siam_safetensors_save(to, &content);
    siam_free(tensors);
  }
  siam_safetensors_destroy(file);
  if (status != SIAM_OK) fprintf(stderr, "%s\n", siam_last_error());
  return status != SIAM_OK;
}

int main(int count, char **arguments) {
  if (count == 2 && strcmp(arguments[1], "check") == 0) return check();
  if (count == 4 && strcmp(arguments[1], "rewrite") == 0) return rewrite(arguments[2], arguments[3]);
  fputs("usage: peer_safetensors check | peer_safetensors rewrite IN OUT\n", stderr);
  return 2;
}
