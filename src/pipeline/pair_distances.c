#include "pipeline/pair_distances.h"

#include "base/csv.h"
#include "base/file.h"

static const char header[] = "a,b,label,distance";

siam_status siam_pair_distances_check_place(const char *path) {
  SIAM_RETURN_IF_FAILED(siam_file_check_place(path));
  return siam_file_check_kind(path, 0, header, "list of distances");
}

siam_status siam_pair_distances_write(const char *path, const siam_judgement *judgement) {
  const siam_pair_set *pairs = &judgement->pairs;
  siam_text text = {0};
  siam_text_add(&text, "%s\n", header);
  for (size_t i = 0; i < pairs->measured.count; i++) {
    siam_csv_add(&text, siam_dataset_get_image_path(judgement->dataset, pairs->pictures[i].a));
    siam_csv_add(&text, siam_dataset_get_image_path(judgement->dataset, pairs->pictures[i].b));
    siam_csv_add(&text, pairs->same[i] ? "same" : "different");
    siam_csv_add_float(&text, pairs->distances[i]);
    siam_csv_end_row(&text);
  }
  siam_status status = siam_text_status(&text);
  if (status == SIAM_OK) status = siam_file_replace(path, text.bytes, text.length);
  siam_text_clear(&text);
  return status;
}
