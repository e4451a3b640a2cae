#include "data/decoders.h"

#include "base/memory.h"
#include "base/text.h"
#include "data/decode_call.h"
#include "data/decoder.h"
#include "data/decoder_program.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Whether processes can be had is known when the first one has begun, or has not.
typedef enum way { WAY_UNKNOWN, WAY_PROCESS, WAY_INSIDE } way;

struct siam_decoders {
  siam_decode_mode mode;
  uint64_t memory;
  uint32_t seconds;
  siam_picture_options limits; ///< Zeros where none was set.
  siam_region_size region;
  siam_text program;
  pthread_mutex_t lock; ///< Of all below.
  way way;
  char reason[256]; ///< Of WAY_INSIDE.
  siam_decoder *idle;
  uint32_t processes, replaced;
};

static siam_status read_mode(siam_decode_mode *mode) {
  const char *wish = getenv("SIAMESE_DECODE");
  if (*mode != SIAM_DECODE_AUTOMATIC || wish == NULL || wish[0] == '\0') return SIAM_OK;
  if (strcmp(wish, "process") != 0 && strcmp(wish, "inside") != 0)
    return siam_fail(SIAM_ERROR_ARGUMENT, "SIAMESE_DECODE=%s: set it to process or inside, or not at all",
                     wish);
  *mode = strcmp(wish, "process") == 0 ? SIAM_DECODE_PROCESS : SIAM_DECODE_INSIDE;
  return SIAM_OK;
}

/// From now on pictures are decoded here, because of the last error; the lock is held.
static void give_up(siam_decoders *decoders) {
  decoders->way = WAY_INSIDE;
  snprintf(decoders->reason, sizeof decoders->reason, "%s", siam_last_error());
}

static siam_status start(siam_decoders *decoders, siam_decoder **decoder) {
  SIAM_RETURN_IF_FAILED(siam_decoder_start(decoders->program.bytes, &decoders->region, decoders->memory,
                                           decoders->seconds, decoder));
  pthread_mutex_lock(&decoders->lock);
  decoders->processes++;
  pthread_mutex_unlock(&decoders->lock);
  return SIAM_OK;
}

static void put_back(siam_decoders *decoders, siam_decoder *decoder) {
  siam_decoder_trim(decoder);
  pthread_mutex_lock(&decoders->lock);
  decoder->next = decoders->idle;
  decoders->idle = decoder;
  pthread_mutex_unlock(&decoders->lock);
}

static void discard(siam_decoders *decoders, siam_decoder *decoder, bool replaced) {
  if (decoder == NULL) return;
  siam_decoder_destroy(decoder);
  pthread_mutex_lock(&decoders->lock);
  decoders->processes--;
  decoders->replaced += replaced;
  pthread_mutex_unlock(&decoders->lock);
}

/// A process that waits for a picture; the decoder stays NULL where pictures are decoded here.
static siam_status take(siam_decoders *decoders, siam_decoder **decoder) {
  siam_decoder *taken = NULL;
  pthread_mutex_lock(&decoders->lock);
  const bool inside = decoders->way == WAY_INSIDE;
  if (!inside && decoders->idle != NULL) {
    taken = decoders->idle;
    decoders->idle = taken->next;
  }
  pthread_mutex_unlock(&decoders->lock);
  if (inside) return SIAM_OK;
  siam_status status = taken != NULL ? SIAM_OK : start(decoders, &taken);
  if (status == SIAM_OK) status = siam_decoder_settle(taken);
  if (status != SIAM_OK) discard(decoders, taken, false);
  pthread_mutex_lock(&decoders->lock);
  if (status == SIAM_OK && decoders->way == WAY_UNKNOWN) decoders->way = WAY_PROCESS;
  if (status != SIAM_OK && decoders->way == WAY_UNKNOWN && decoders->mode == SIAM_DECODE_AUTOMATIC)
    give_up(decoders);
  const bool now_inside = decoders->way == WAY_INSIDE;
  pthread_mutex_unlock(&decoders->lock);
  if (status == SIAM_OK) *decoder = taken;
  if (status == SIAM_OK || now_inside) return SIAM_OK;
  // No status that speaks of a picture, which would be passed over.
  return siam_fail(status == SIAM_ERROR_MEMORY ? status : SIAM_ERROR_ARGUMENT,
                   "%s; SIAMESE_DECODE=inside decodes pictures without another process", siam_last_error());
}

/// No region is smaller than for the limits that hold where none is set: a call may bring limits of its own.
static siam_status set_limits(siam_decoders *decoders, const siam_decoders_options *options) {
  const uint64_t most_pixels = UINT64_C(1) << 30, most_side = UINT16_MAX, most_bytes = INT32_MAX;
  if (options->max_pixels > most_pixels || options->max_side > most_side || options->max_bytes > most_bytes)
    return siam_fail(SIAM_ERROR_ARGUMENT,
                     "pictures cannot be allowed more than %" PRIu64 " pixels, %" PRIu64
                     " a side and files of %" PRIu64 " bytes",
                     most_pixels, most_side, most_bytes);
  const siam_picture_options standard = siam_picture_options_fill(NULL);
  decoders->limits = (siam_picture_options){
      .max_pixels = options->max_pixels, .max_dimension = options->max_side, .max_bytes = options->max_bytes};
  const uint64_t pixels =
      options->max_pixels > standard.max_pixels ? options->max_pixels : standard.max_pixels;
  decoders->region = siam_region_size_for(
      options->max_bytes > standard.max_bytes ? options->max_bytes : standard.max_bytes, pixels);
  // Samples as they were stored take up to 8 bytes, and so may their compressed form.
  decoders->memory = options->memory > 0 ? options->memory : 16 * pixels;
  return SIAM_OK;
}

siam_picture_options siam_decoders_limit(const siam_picture_options *options) {
  siam_picture_options limited = options != NULL ? *options : (siam_picture_options){0};
  if (limited.decoders == NULL) return limited;
  const siam_picture_options *limits = &limited.decoders->limits;
  if (limited.max_pixels == 0) limited.max_pixels = limits->max_pixels;
  if (limited.max_dimension == 0) limited.max_dimension = limits->max_dimension;
  if (limited.max_bytes == 0) limited.max_bytes = limits->max_bytes;
  return limited;
}

siam_status siam_decoders_create(const siam_decoders_options *options, siam_decoders **decoders) {
  enum { MOST_SECONDS = 86400 };
  static const siam_decoders_options standard;
  siam_status status = SIAM_OK;
  siam_decoders *made = NULL;
  if (options == NULL) options = &standard;
  SIAM_TRY_ALLOCATE(made, 1);
  made->mode = options->mode;
  made->seconds = options->seconds > 0 ? options->seconds : 60;
  if (made->seconds > MOST_SECONDS) made->seconds = MOST_SECONDS;
  pthread_mutex_init(&made->lock, NULL);
  SIAM_TRY(read_mode(&made->mode));
  SIAM_TRY(set_limits(made, options));
  if (made->mode == SIAM_DECODE_INSIDE) {
    made->way = WAY_INSIDE;
    snprintf(made->reason, sizeof made->reason, "it was asked for");
  } else {
    siam_decoder *first = NULL;
    SIAM_TRY(siam_decoder_program_find(options->program, &made->program));
    // A failure comes again, and is told, when the first picture is decoded.
    if (start(made, &first) == SIAM_OK) put_back(made, first);
  }
  *decoders = made;
  made = NULL;
cleanup:
  siam_decoders_destroy(made);
  return status;
}

void siam_decoders_destroy(siam_decoders *decoders) {
  if (decoders == NULL) return;
  while (decoders->idle != NULL) {
    siam_decoder *next = decoders->idle->next;
    siam_decoder_destroy(decoders->idle);
    decoders->idle = next;
  }
  siam_text_clear(&decoders->program);
  pthread_mutex_destroy(&decoders->lock);
  siam_free(decoders);
}

siam_status siam_decoders_get_info(siam_decoders *decoders, siam_decoders_info *info) {
  siam_decoder *decoder = NULL;
  SIAM_RETURN_IF_FAILED(take(decoders, &decoder));
  if (decoder != NULL) put_back(decoders, decoder);
  pthread_mutex_lock(&decoders->lock);
  *info = (siam_decoders_info){.in_process = decoders->way == WAY_PROCESS,
                               .processes = decoders->processes,
                               .replaced = decoders->replaced};
  memcpy(info->reason, decoders->reason, sizeof info->reason);
  pthread_mutex_unlock(&decoders->lock);
  return SIAM_OK;
}

/// Takes back a process that answered, or what is left of one.
static void release(siam_decoders *decoders, siam_decoder *decoder) {
  if (decoder->state == SIAM_DECODER_READY)
    put_back(decoders, decoder);
  else
    discard(decoders, decoder, true);
}

siam_status siam_decoders_decode(const siam_picture_file *file, siam_picture *picture) {
  siam_decoders *decoders = file->limits.decoders;
  siam_decoder *decoder = NULL;
  *picture = (siam_picture){0};
  if (decoders != NULL) SIAM_RETURN_IF_FAILED(take(decoders, &decoder));
  if (decoder == NULL)
    return siam_picture_decode_here(file->name, file->bytes, file->count, &file->limits, picture);
  uint32_t answered = 0;
  siam_status status = siam_decoder_decode(decoder, file, 1, &answered);
  if (status == SIAM_OK) status = siam_decoder_answer(decoder, file, 0, picture);
  if (status != SIAM_OK) {
    release(decoders, decoder);
    return status;
  }
  picture->decoder = decoder;
  picture->decoders = decoders;
  return SIAM_OK;
}

void siam_decoders_return(siam_decoders *decoders, siam_decoder *decoder) {
  put_back(decoders, decoder);
}

/// Decodes the first few and hands them out; `*done` says how many. None: the first has to be alone, or may
/// be the one that the process died of.
static siam_status decode_together(siam_decoders *decoders, const siam_picture_file *files, uint32_t count,
                                   siam_decoded *use, void *context, uint32_t first, uint32_t *done) {
  siam_status status = SIAM_OK;
  siam_decoder *decoder = NULL;
  uint32_t answered = 0;
  *done = 0;
  SIAM_RETURN_IF_FAILED(take(decoders, &decoder));
  if (decoder == NULL) return SIAM_OK;
  if (siam_decoder_decode(decoder, files, count, &answered) != SIAM_OK) answered = 0;
  for (uint32_t i = 0; i < answered && status == SIAM_OK; i++) {
    siam_picture picture = {0};
    const siam_status own = siam_decoder_answer(decoder, &files[i], i, &picture);
    // Any of them may have made it lie.
    if (decoder->state != SIAM_DECODER_READY) break;
    status = use(context, first + i, own, own == SIAM_OK ? &picture : NULL);
    *done = i + 1;
  }
  release(decoders, decoder);
  return status;
}

static siam_status decode_alone(const siam_picture_file *file, siam_decoded *use, void *context,
                                uint32_t number) {
  siam_picture picture = {0};
  const siam_status own = siam_decoders_decode(file, &picture);
  const siam_status status = use(context, number, own, own == SIAM_OK ? &picture : NULL);
  siam_picture_clear(&picture);
  return status;
}

siam_status siam_decoders_decode_several(const siam_picture_file *files, uint32_t count, siam_decoded *use,
                                         void *context) {
  for (uint32_t i = 0; i < count;) {
    siam_decoders *decoders = files[i].limits.decoders;
    uint32_t done = 0;
    if (decoders != NULL && count - i > 1)
      SIAM_RETURN_IF_FAILED(decode_together(decoders, files + i, count - i, use, context, i, &done));
    if (done == 0) {
      SIAM_RETURN_IF_FAILED(decode_alone(&files[i], use, context, i));
      done = 1;
    }
    i += done;
  }
  return SIAM_OK;
}
