#include "data/intake.h"

#include "base/memory.h"

/// A photograph of 24 million pixels is decoded five times over before others wait; in memory that is 400 MB
/// of plain colour.
#define MOST_PIXELS (UINT64_C(128) << 20)

/// One thread's part: how many pixels it has announced.
typedef struct admission {
  siam_intake *intake;
  uint64_t pixels;
} admission;

void siam_intake_begin(siam_intake *intake, const siam_picture_options *options) {
  intake->options = *options;
  intake->pixels_in_work = 0;
  pthread_mutex_init(&intake->lock, NULL);
  pthread_cond_init(&intake->room, NULL);
}

void siam_intake_end(siam_intake *intake) {
  pthread_mutex_destroy(&intake->lock);
  pthread_cond_destroy(&intake->room);
}

static void admit(void *context, uint64_t pixels) {
  admission *mine = context;
  siam_intake *intake = mine->intake;
  pthread_mutex_lock(&intake->lock);
  while (intake->pixels_in_work > 0 && intake->pixels_in_work + pixels > MOST_PIXELS)
    pthread_cond_wait(&intake->room, &intake->lock);
  intake->pixels_in_work += pixels;
  pthread_mutex_unlock(&intake->lock);
  mine->pixels = pixels;
}

static void leave(admission *mine) {
  siam_intake *intake = mine->intake;
  if (mine->pixels == 0) return;
  pthread_mutex_lock(&intake->lock);
  intake->pixels_in_work -= mine->pixels;
  pthread_cond_broadcast(&intake->room);
  pthread_mutex_unlock(&intake->lock);
}

siam_status siam_intake_decode(siam_intake *intake, const char *name, const uint8_t *bytes, size_t count,
                               siam_status (*use)(void *context, const siam_picture *picture),
                               void *context) {
  admission mine = {.intake = intake};
  siam_picture_options options = intake->options;
  siam_picture picture;
  options.admit = admit;
  options.admit_context = &mine;
  siam_status status = siam_picture_decode(name, bytes, count, &options, &picture);
  if (status == SIAM_OK) status = use(context, &picture);
  siam_picture_clear(&picture);
  leave(&mine);
  return status;
}

siam_status siam_intake_load(siam_intake *intake, const char *path,
                             siam_status (*use)(void *context, const siam_picture *picture), void *context) {
  uint8_t *bytes = NULL;
  size_t count = 0;
  SIAM_RETURN_IF_FAILED(siam_picture_read_file(path, &intake->options, &bytes, &count));
  siam_status status = siam_intake_decode(intake, path, bytes, count, use, context);
  siam_free(bytes);
  return status;
}

bool siam_is_fault_of_file(siam_status status) {
  return status == SIAM_ERROR_FILE || status == SIAM_ERROR_FORMAT || status == SIAM_ERROR_UNSUPPORTED;
}

unsigned siam_picture_facts(const siam_picture *picture) {
  return (picture->was_rotated ? SIAM_FACT_ROTATED : 0) | (picture->had_alpha ? SIAM_FACT_ALPHA : 0) |
         (picture->was_grey ? SIAM_FACT_GREY : 0) | (picture->was_sixteen_bit ? SIAM_FACT_SIXTEEN_BIT : 0);
}
