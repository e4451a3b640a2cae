// Picture files to bytes of the encoder's size: reading, decoding and resizing, on all processors, as before
// the first step of a training; decoded in this process, and in processes without rights. Host work, with no
// ceiling of the device beside it.
#include "base/memory.h"
#include "data/images.h"
#include "pipeline/bench.h"
#include "pipeline/embedder.h"

#include <stdio.h>

/// Each file stands in the list several times, for a list of the length of a folder.
enum { PICTURES = 32, TIMES = 8, LISTED = PICTURES * TIMES, SIDE = 256 };

typedef struct decode_row {
  const char *ending;
  bool in_process;
  siam_text paths[PICTURES];
  siam_images_options options;
} decode_row;

static void release(void *state) {
  decode_row *own = state;
  for (int i = 0; i < PICTURES; i++) siam_text_clear(&own->paths[i]);
  siam_free(own);
}

/// False where there are no such processes.
static bool prepare_process(const siam_bench *bench, siam_bench_case *row) {
  decode_row *own = row->state;
  siam_decoders_info info = {.reason = "no decoders were given"};
  own->options.picture.decoders = bench->options.decoders;
  if (bench->options.decoders != NULL && siam_decoders_get_info(bench->options.decoders, &info) != SIAM_OK)
    snprintf(info.reason, sizeof info.reason, "%s", siam_last_error());
  if (!info.in_process) siam_bench_skip(row, "%s", info.reason);
  return info.in_process;
}

static siam_status prepare(siam_bench *bench, siam_bench_case *row) {
  decode_row *own = row->state;
  siam_model *model = NULL;
  SIAM_RETURN_IF_FAILED(siam_bench_model(bench, 0, &model));
  own->options.shape = siam_model_picture_shape(model);
  if (own->in_process && !prepare_process(bench, row)) return SIAM_OK;
  for (uint32_t i = 0; i < PICTURES; i++) {
    char name[32];
    snprintf(name, sizeof name, "photo%u.%s", i, own->ending);
    SIAM_RETURN_IF_FAILED(siam_bench_place(bench, name, &own->paths[i]));
    SIAM_RETURN_IF_FAILED(siam_bench_write_picture(own->paths[i].bytes, SIDE, i));
  }
  row->row.items = LISTED;
  snprintf(row->row.unit, sizeof row->row.unit, "pictures");
  return SIAM_OK;
}

static siam_status run_once(const decode_row *own) {
  siam_status status = SIAM_OK;
  siam_dataset *dataset = NULL;
  siam_images *images = NULL;
  const char *paths[LISTED];
  for (int i = 0; i < LISTED; i++) paths[i] = own->paths[i % PICTURES].bytes;
  SIAM_TRY(siam_dataset_collect(paths, LISTED, NULL, &dataset));
  SIAM_TRY(siam_images_open(dataset, &own->options, &images));
cleanup:
  siam_images_destroy(images);
  siam_dataset_destroy(dataset);
  return status;
}

static siam_status run(siam_bench_case *row, uint64_t count) {
  for (uint64_t i = 0; i < count; i++) SIAM_RETURN_IF_FAILED(run_once(row->state));
  return SIAM_OK;
}

static const siam_bench_kind decode_kind = {.prepare = prepare, .run = run, .release = release};

siam_status siam_bench_plan_decode(siam_bench *bench) {
  static const char *const endings[] = {"png", "jpg", "webp"};
  for (size_t i = 0; i < 2 * sizeof endings / sizeof *endings; i++) {
    decode_row *own = siam_allocate(1, sizeof *own);
    if (own == NULL) return SIAM_ERROR_MEMORY;
    own->ending = endings[i / 2];
    own->in_process = i % 2 == 1;
    SIAM_RETURN_IF_FAILED(siam_bench_add(bench, &decode_kind, own, "decode/%s/%dx%d%s", own->ending, SIDE,
                                         SIDE, own->in_process ? "/process" : ""));
  }
  return SIAM_OK;
}
