#include "data/intake.h"

#include "base/memory.h"
#include "data/decode_call.h"
#include "data/decoders.h"
#include "data/parallel.h"

_Static_assert((int)SIAM_INTAKE_MOST <= (int)SIAM_CALLS, "they go to a process together");

/// A photograph of 24 million pixels is decoded five times over before others wait; in memory that is 400 MB
/// of plain colour.
#define MOST_PIXELS (UINT64_C(128) << 20)

/// One thread's part: how many pixels it has announced.
typedef struct admission {
  siam_intake *intake;
  uint64_t pixels;
} admission;

void siam_intake_begin(siam_intake *intake, const siam_picture_options *options) {
  intake->options = siam_decoders_limit(options);
  intake->pixels_in_work = 0;
  pthread_mutex_init(&intake->lock, NULL);
  pthread_cond_init(&intake->room, NULL);
}

void siam_intake_end(siam_intake *intake) {
  pthread_mutex_destroy(&intake->lock);
  pthread_cond_destroy(&intake->room);
}

uint32_t siam_intake_threads(const siam_intake *intake, uint32_t asked) {
  siam_decoders *decoders = intake->options.decoders;
  siam_decoders_info info = {0};
  if (asked > 0) return asked;
  // Where it fails, so will the first picture, and say why.
  const bool apart =
      decoders != NULL && siam_decoders_get_info(decoders, &info) == SIAM_OK && info.in_process;
  return siam_thread_count(0) * (apart ? 2 : 1);
}

static bool admit(void *context, uint64_t pixels) {
  admission *mine = context;
  siam_intake *intake = mine->intake;
  pthread_mutex_lock(&intake->lock);
  while (intake->pixels_in_work > 0 && intake->pixels_in_work + pixels > MOST_PIXELS)
    pthread_cond_wait(&intake->room, &intake->lock);
  intake->pixels_in_work += pixels;
  pthread_mutex_unlock(&intake->lock);
  mine->pixels = pixels;
  return true;
}

static void leave(admission *mine) {
  siam_intake *intake = mine->intake;
  if (mine->pixels == 0) return;
  pthread_mutex_lock(&intake->lock);
  intake->pixels_in_work -= mine->pixels;
  pthread_cond_broadcast(&intake->room);
  pthread_mutex_unlock(&intake->lock);
}

/// Files under way in one call.
typedef struct load {
  siam_intake *intake;
  siam_take_in *use;
  void *context;
  siam_picture_file files[SIAM_INTAKE_MOST]; ///< Small ones that wait to be decoded together, …
  uint32_t numbers[SIAM_INTAKE_MOST];        ///< … and which they are.
  uint32_t waiting;
} load;

static siam_status hand_over(const load *all, const siam_picture_file *file, uint32_t number,
                             siam_status status, const siam_picture *picture) {
  return all->use(all->context, &(siam_taken){.number = number,
                                              .status = status,
                                              .picture = picture,
                                              .bytes = file->bytes,
                                              .count = file->count});
}

static siam_status decode_alone(const load *all, const siam_picture_file *file, uint32_t number) {
  admission mine = {.intake = all->intake};
  siam_picture_options options = all->intake->options;
  siam_picture picture;
  options.admit = admit;
  options.admit_context = &mine;
  const siam_status decoded = siam_picture_decode(file->name, file->bytes, file->count, &options, &picture);
  const siam_status status = hand_over(all, file, number, decoded, decoded == SIAM_OK ? &picture : NULL);
  siam_picture_clear(&picture);
  leave(&mine);
  return status;
}

/// Small pictures are counted when they are there.
static siam_status decoded_together(void *context, uint32_t place, siam_status status,
                                    const siam_picture *picture) {
  const load *all = context;
  admission mine = {.intake = all->intake};
  if (picture != NULL) admit(&mine, (uint64_t)picture->width * picture->height);
  status = hand_over(all, &all->files[place], all->numbers[place], status, picture);
  leave(&mine);
  return status;
}

/// Together is for processes: switching to one and back costs as much as some small pictures.
static siam_status take_file(load *all, const char *path, uint32_t number) {
  enum { SMALL_BYTES = 128 << 10 };
  const siam_picture_options *options = &all->intake->options;
  uint8_t *bytes = NULL;
  size_t count = 0;
  siam_status status = siam_picture_read_file(path, options, &bytes, &count);
  const siam_picture_file file = {path, bytes, count, siam_picture_options_fill(options)};
  if (status == SIAM_OK && options->decoders != NULL && count <= SMALL_BYTES) {
    all->numbers[all->waiting] = number;
    all->files[all->waiting++] = file;
    return SIAM_OK;
  }
  status = status == SIAM_OK ? decode_alone(all, &file, number) : hand_over(all, &file, number, status, NULL);
  siam_free(bytes);
  return status;
}

siam_status siam_intake_load(siam_intake *intake, const char *const *paths, uint32_t count, siam_take_in *use,
                             void *context) {
  load all = {.intake = intake, .use = use, .context = context};
  siam_status status = SIAM_OK;
  for (uint32_t i = 0; i < count && status == SIAM_OK; i++) status = take_file(&all, paths[i], i);
  if (status == SIAM_OK && all.waiting > 0)
    status = siam_decoders_decode_several(all.files, all.waiting, decoded_together, &all);
  for (uint32_t i = 0; i < all.waiting; i++) siam_free((void *)all.files[i].bytes);
  return status;
}

bool siam_is_fault_of_file(siam_status status) {
  return status == SIAM_ERROR_FILE || status == SIAM_ERROR_FORMAT || status == SIAM_ERROR_UNSUPPORTED;
}

unsigned siam_picture_facts(const siam_picture *picture) {
  return (picture->was_rotated ? SIAM_FACT_ROTATED : 0) | (picture->had_alpha ? SIAM_FACT_ALPHA : 0) |
         (picture->was_grey ? SIAM_FACT_GREY : 0) | (picture->was_sixteen_bit ? SIAM_FACT_SIXTEEN_BIT : 0);
}
