/// The labels of official one-shot runs: no path leaves the folder, every number names a picture.
#include "data/one_shot_runs.h"
#include "target.h"

#include <string.h>

#define FOLDER "runs"

/// How deep below its start a path leads at the least, part by part.
static int lowest(const char *path) {
  int depth = 0, least = 0;
  for (const char *part = path; part != NULL;
       part = strchr(part, '/') != NULL ? strchr(part, '/') + 1 : NULL) {
    const size_t length = strcspn(part, "/");
    if (length == 0 || strncmp(part, ".", length) == 0) continue;
    depth += strncmp(part, "..", length) == 0 ? -1 : 1;
    least = depth < least ? depth : least;
  }
  return least;
}

static void check(const siam_one_shot_runs *runs) {
  for (uint32_t i = 0; i < runs->image_count; i++) {
    FUZZ_REQUIRE(strncmp(runs->paths[i], FOLDER, strlen(FOLDER)) == 0);
    FUZZ_REQUIRE(lowest(runs->paths[i] + strlen(FOLDER) + 1) >= 0);
  }
  for (uint32_t r = 0; r < runs->run_count; r++) {
    const siam_one_shot_run *run = &runs->runs[r];
    for (uint32_t i = 0; i < run->query_count; i++) {
      FUZZ_REQUIRE(run->queries[i] < runs->image_count);
      FUZZ_REQUIRE(run->truth[i] < run->support_count);
    }
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  siam_one_shot_runs runs = {0};
  char *text = fuzz_text(bytes, count);
  if (siam_one_shot_runs_parse(FOLDER, "run01", text, count, &runs) == SIAM_OK) check(&runs);
  siam_one_shot_runs_clear(&runs);
  free(text);
  return 0;
}
