// The program's side of siamese-decode: starting it, one call at a time, and what to make of its end.
#include "data/decoder.h"

#include "base/memory.h"
#include "data/decode_call.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/// Waiting goes by ticks that were waited, so that time in which this process was stopped does not count. A
/// decoder ends itself when it has used its processor time; one that does not, and one that sleeps, gets so
/// many times as long. On a busy machine processor time is that much slower than the clock.
enum { TICKS_PER_SECOND = 10, PATIENCE = 5, START_SECONDS = 10, LEAST_DESCRIPTOR = 8, KEPT_BYTES = 16 << 20 };

static siam_status lacks(const char *what) {
  return siam_fail(SIAM_ERROR_MEMORY, "cannot start a process for decoding pictures: %s: %s", what,
                   strerror(errno));
}

/// Moves a descriptor away from those that the new process has.
static int move_up(int descriptor) {
  if (descriptor < 0) return -1;
  const int moved = fcntl(descriptor, F_DUPFD_CLOEXEC, LEAST_DESCRIPTOR);
  const int error = errno;
  close(descriptor);
  errno = error;
  return moved;
}

/// Sealed, so that nobody can take it from under the program by making the file shorter.
static siam_status make_region(siam_decoder *decoder) {
  decoder->memory = move_up(memfd_create("siamese-decode", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (decoder->memory < 0) return lacks("shared memory");
  if (ftruncate(decoder->memory, (off_t)siam_region_bytes(&decoder->size)) != 0 ||
      fcntl(decoder->memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
    return lacks("shared memory");
  void *region =
      mmap(NULL, siam_region_bytes(&decoder->size), PROT_READ | PROT_WRITE, MAP_SHARED, decoder->memory, 0);
  if (region == MAP_FAILED) return lacks("shared memory");
  decoder->region = region;
  return SIAM_OK;
}

/// Both ends; receiving at the program's end gives up after a tick.
static siam_status make_socket(siam_decoder *decoder, int *other) {
  const struct timeval tick = {.tv_usec = 1000000 / TICKS_PER_SECOND};
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return lacks("a socket");
  decoder->socket = move_up(ends[0]);
  *other = move_up(ends[1]);
  if (decoder->socket < 0 || *other < 0) return lacks("a socket");
  if (setsockopt(decoder->socket, SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof tick) != 0) return lacks("a socket");
  return SIAM_OK;
}

/// Gives the new process its two descriptors and nothing else: no environment, no signal that was ignored or
/// blocked, and a group of its own, so that Ctrl-C is for the program alone.
static int spawn(const siam_decoder *decoder, const char *program, int other, pid_t *process) {
  char memory[32], seconds[32], file_bytes[32], pixel_bytes[32];
  char *const words[] = {"siamese-decode", memory, seconds, file_bytes, pixel_bytes, NULL};
  char *const environment[] = {NULL};
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  sigset_t all, none;
  snprintf(memory, sizeof memory, "%" PRIu64, decoder->own_memory);
  snprintf(seconds, sizeof seconds, "%" PRIu32, decoder->seconds);
  snprintf(file_bytes, sizeof file_bytes, "%" PRIu64, decoder->size.file_bytes);
  snprintf(pixel_bytes, sizeof pixel_bytes, "%" PRIu64, decoder->size.pixel_bytes);
  sigfillset(&all);
  sigemptyset(&none);
  posix_spawn_file_actions_init(&files);
  posix_spawnattr_init(&attributes);
  int error = posix_spawn_file_actions_adddup2(&files, other, SIAM_CALL_SOCKET);
  if (error == 0) error = posix_spawn_file_actions_adddup2(&files, decoder->memory, SIAM_CALL_REGION);
  if (error == 0) error = posix_spawn_file_actions_addclosefrom_np(&files, SIAM_CALL_REGION + 1);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setsigmask(&attributes, &none);
  if (error == 0) error = posix_spawn(process, program, &files, &attributes, words, environment);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return error;
}

siam_status siam_decoder_start(const char *program, const siam_region_size *size, uint64_t memory,
                               uint32_t seconds, siam_decoder **decoder) {
  siam_status status = SIAM_OK;
  siam_decoder *made = NULL;
  int other = -1;
  pid_t process = 0;
  SIAM_TRY_ALLOCATE(made, 1);
  *made = (siam_decoder){
      .process = -1, .socket = -1, .memory = -1, .seconds = seconds, .own_memory = memory, .size = *size};
  SIAM_TRY(make_region(made));
  SIAM_TRY(make_socket(made, &other));
  const int error = spawn(made, program, other, &process);
  if (error != 0) {
    status = siam_fail(SIAM_ERROR_FILE, "%s: cannot be run: %s", program, strerror(error));
    goto cleanup;
  }
  made->process = pidfd_open(process, 0);
  // Without a descriptor it cannot be ended safely; it ends by itself when its socket closes.
  if (made->process < 0) {
    status = lacks("a descriptor of a process");
    close(made->socket);
    made->socket = -1;
    waitpid(process, NULL, 0);
    goto cleanup;
  }
  *decoder = made;
  made = NULL;
cleanup:
  if (other >= 0) close(other);
  siam_decoder_destroy(made);
  return status;
}

/// Ends the process, if it has not ended, and tells how that came about; zeros where somebody else was told.
static siginfo_t end(siam_decoder *decoder) {
  siginfo_t how = {0};
  if (decoder->process < 0) return how;
  pidfd_send_signal(decoder->process, SIGKILL, NULL, 0);
  while (waitid(P_PIDFD, (id_t)decoder->process, &how, WEXITED) != 0)
    if (errno != EINTR) break;
  close(decoder->process);
  decoder->process = -1;
  decoder->state = SIAM_DECODER_DEAD;
  return how;
}

void siam_decoder_destroy(siam_decoder *decoder) {
  if (decoder == NULL) return;
  end(decoder);
  if (decoder->region != NULL) munmap(decoder->region, siam_region_bytes(&decoder->size));
  if (decoder->memory >= 0) close(decoder->memory);
  if (decoder->socket >= 0) close(decoder->socket);
  siam_free(decoder);
}

/// What the decoder says next; 0: nothing within `seconds`; -1: it is gone.
static int hear(const siam_decoder *decoder, uint64_t seconds) {
  char turn = 0;
  for (uint64_t ticks = 0; ticks < seconds * TICKS_PER_SECOND;) {
    const ssize_t got = recv(decoder->socket, &turn, 1, 0);
    if (got == 1) return turn;
    if (got < 0 && errno == EINTR) continue;
    if (got == 0 || errno != EAGAIN) return -1;
    ticks++;
  }
  return 0;
}

static bool say(const siam_decoder *decoder, char turn) {
  ssize_t sent = 0;
  do sent = send(decoder->socket, &turn, 1, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent == 1;
}

/// A sentence out of the region, which may change while it is copied.
static siam_status repeat(const siam_decoder *decoder, uint32_t number, siam_status status) {
  char message[sizeof((siam_decode_call *)0)->message];
  memcpy(message, siam_call_at(decoder->region, number)->message, sizeof message);
  message[sizeof message - 1] = '\0';
  return siam_fail(status, "%s", message);
}

siam_status siam_decoder_settle(siam_decoder *decoder) {
  if (decoder->state == SIAM_DECODER_READY) return SIAM_OK;
  switch (hear(decoder, START_SECONDS)) {
  case SIAM_TURN_READY:
    decoder->state = SIAM_DECODER_READY;
    return SIAM_OK;
  case SIAM_TURN_REFUSED:
    decoder->state = SIAM_DECODER_REFUSED;
    return repeat(decoder, 0, SIAM_ERROR_UNSUPPORTED);
  case 0:
    end(decoder);
    return siam_fail(SIAM_ERROR_UNSUPPORTED, "siamese-decode says nothing in its first %d seconds",
                     START_SECONDS);
  default: {
    const siginfo_t how = end(decoder);
    return siam_fail(SIAM_ERROR_UNSUPPORTED, "siamese-decode ended as it began (%s %d)",
                     how.si_code == CLD_EXITED ? "exit code" : "signal", how.si_status);
  }
  }
}

/// The sentence for a picture whose decoder is dead, or has to die.
static siam_status blame(siam_decoder *decoder, const siam_picture_file *file, bool silent) {
  const siginfo_t how = end(decoder);
  const int number = how.si_code == CLD_EXITED ? 0 : how.si_status;
  if (silent || number == SIGPROF)
    return siam_fail(SIAM_ERROR_FORMAT,
                     "%s: decoding it takes longer than %" PRIu32 " seconds; make it smaller or remove it",
                     file->name, decoder->seconds);
  if (number == SIGSYS)
    return siam_fail(SIAM_ERROR_FORMAT,
                     "%s: decoding it asked for something that no picture needs, such as a file, and was "
                     "stopped; remove it, for it may be an attack",
                     file->name);
  if (number == SIGKILL)
    return siam_fail(SIAM_ERROR_FORMAT,
                     "%s: its decoder was killed, perhaps for lack of memory; make it smaller or remove it",
                     file->name);
  return siam_fail(SIAM_ERROR_FORMAT, "%s: its decoder crashed (signal %d); replace or remove it", file->name,
                   number);
}

/// Through the descriptor: lack of memory is then an error and no signal.
static siam_status write_file(const siam_decoder *decoder, const siam_picture_file *file, uint64_t at) {
  size_t written = 0;
  while (written < file->count) {
    const ssize_t part =
        pwrite(decoder->memory, file->bytes + written, file->count - written, (off_t)(at + written));
    if (part < 0 && errno == EINTR) continue;
    if (part <= 0) return siam_fail(SIAM_ERROR_MEMORY, "%s: out of memory: %s", file->name, strerror(errno));
    written += (size_t)part;
  }
  return SIAM_OK;
}

static siam_status write_calls(siam_decoder *decoder, const siam_picture_file *files, uint32_t count) {
  uint64_t at = SIAM_REGION_FILES;
  for (uint32_t i = 0; i < count; i++) {
    const siam_picture_file *file = &files[i];
    siam_decode_call *call = siam_call_at(decoder->region, i);
    if (file->count > siam_region_pixels(&decoder->size) - at)
      return siam_fail(SIAM_ERROR_FORMAT,
                       "%s: %zu bytes, more than the limit of %" PRIu64
                       "; make it smaller or raise the limit by --max-file",
                       file->name, file->count, decoder->size.file_bytes);
    SIAM_RETURN_IF_FAILED(write_file(decoder, file, at));
    call->files = count;
    call->at = at;
    call->count = file->count;
    call->options = file->limits;
    snprintf(call->name, sizeof call->name, "%s", file->name);
    at += file->count;
  }
  decoder->large = at - SIAM_REGION_FILES > KEPT_BYTES;
  return SIAM_OK;
}

/// Whether an answer can be one, and lies within the region.
static bool is_sound(const siam_decoder *decoder, const siam_call_answer *answer,
                     const siam_picture_file *file) {
  const uint64_t begin = siam_region_pixels(&decoder->size), end = siam_region_bytes(&decoder->size);
  const siam_picture *picture = &answer->picture;
  const uint64_t width = picture->width, height = picture->height;
  if (width == 0 || height == 0 || width > file->limits.max_dimension || height > file->limits.max_dimension)
    return false;
  if (picture->channels != 1 && picture->channels != 3) return false;
  if (picture->format <= SIAM_PICTURE_UNKNOWN || picture->format > SIAM_PICTURE_PNM) return false;
  return answer->at >= begin && answer->at <= end && width * height * picture->channels <= end - answer->at;
}

/// A bool that another process wrote may hold any byte; only one that is 0 or 1 may be read as a bool.
static bool is_set(const bool *flag) {
  unsigned char byte = 0;
  memcpy(&byte, flag, 1);
  return byte != 0;
}

static siam_status lied(siam_decoder *decoder, const siam_picture_file *file) {
  end(decoder);
  return siam_fail(SIAM_ERROR_FORMAT,
                   "%s: its decoder gave an impossible answer; remove it, for it may be an attack",
                   file->name);
}

siam_status siam_decoder_answer(siam_decoder *decoder, const siam_picture_file *file, uint32_t number,
                                siam_picture *picture) {
  // A copy that the decoder cannot change any more.
  siam_call_answer answer;
  memcpy(&answer, &siam_call_at(decoder->region, number)->answer, sizeof answer);
  switch (answer.status) {
  case SIAM_OK:
    break;
  case SIAM_ERROR_MEMORY:
    return siam_fail(SIAM_ERROR_FORMAT,
                     "%s: decoding it takes more memory than the limit of %" PRIu64 " MiB; make it smaller",
                     file->name, decoder->own_memory >> 20);
  case SIAM_ERROR_FORMAT:
  case SIAM_ERROR_UNSUPPORTED:
    return repeat(decoder, number, (siam_status)answer.status);
  default:
    return lied(decoder, file);
  }
  if (!is_sound(decoder, &answer, file)) return lied(decoder, file);
  const siam_picture *given = &answer.picture;
  *picture = (siam_picture){.width = given->width,
                            .height = given->height,
                            .channels = given->channels,
                            .pixels = decoder->region + answer.at,
                            .format = given->format,
                            .had_alpha = is_set(&given->had_alpha),
                            .was_rotated = is_set(&given->was_rotated),
                            .was_grey = is_set(&given->was_grey),
                            .was_sixteen_bit = is_set(&given->was_sixteen_bit)};
  return SIAM_OK;
}

/// Lets a large picture in, as the decoder asks; false where it asks for what cannot be.
static bool admit(siam_decoder *decoder, const siam_picture_file *file) {
  uint64_t pixels = 0;
  memcpy(&pixels, &siam_call_at(decoder->region, 0)->pixels, sizeof pixels);
  decoder->large = true;
  if (pixels > file->limits.max_pixels) return false;
  return file->limits.admit == NULL || file->limits.admit(file->limits.admit_context, pixels);
}

siam_status siam_decoder_decode(siam_decoder *decoder, const siam_picture_file *files, uint32_t count,
                                uint32_t *answered) {
  const uint64_t patience = (uint64_t)PATIENCE * decoder->seconds * count;
  SIAM_RETURN_IF_FAILED(write_calls(decoder, files, count));
  int turn = say(decoder, SIAM_TURN_DECODE) ? hear(decoder, patience) : -1;
  if (turn == SIAM_TURN_ADMIT && count == 1) {
    if (!admit(decoder, files)) return lied(decoder, files);
    turn = say(decoder, SIAM_TURN_GO) ? hear(decoder, patience) : -1;
  }
  memcpy(answered, &siam_call_at(decoder->region, 0)->answered, sizeof *answered);
  if (turn == SIAM_TURN_DONE && *answered <= count && (*answered > 0 || count > 1)) return SIAM_OK;
  return turn > 0 ? lied(decoder, files) : blame(decoder, files, turn == 0);
}

void siam_decoder_trim(siam_decoder *decoder) {
  const struct {
    uint64_t begin, bytes;
  } parts[] = {{SIAM_REGION_FILES, decoder->size.file_bytes},
               {siam_region_pixels(&decoder->size), decoder->size.pixel_bytes}};
  for (size_t i = 0; decoder->large && i < sizeof parts / sizeof *parts; i++)
    fallocate(decoder->memory, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
              (off_t)(parts[i].begin + KEPT_BYTES), (off_t)(parts[i].bytes - KEPT_BYTES));
  decoder->large = false;
}
