/// Encoder descriptions: what is read and written is read back to the same text, and its mirror is too.
#include "base/memory.h"
#include "model/description.h"
#include "target.h"

#include <string.h>

static void check(const siam_network *network) {
  siam_text first = {0}, second = {0};
  siam_network *again = NULL;
  siam_description_write(network, &first);
  FUZZ_REQUIRE(siam_description_parse("written", first.bytes, NULL, &again) == SIAM_OK);
  siam_description_write(again, &second);
  FUZZ_REQUIRE(strcmp(first.bytes, second.bytes) == 0);
  siam_network_destroy(again);
  siam_text_clear(&first);
  siam_text_clear(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  siam_network *network = NULL;
  char *text = siam_allocate(count + 1, 1);
  if (text == NULL) return 0;
  if (count > 0) memcpy(text, bytes, count);
  if (siam_description_parse("input", text, NULL, &network) == SIAM_OK) check(network);
  siam_network_destroy(network);
  siam_free(text);
  return 0;
}
