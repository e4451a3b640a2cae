// siamese-decode with decoders that files can take over: one that begins with "hostile: WORD" does what the
// word says, from within the process without rights. Everything else is decoded as ever.
#include "base/memory.h"
#include "data/decode_call.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/// A sanitizer would catch the crash and want to print.
__attribute__((visibility("default"))) const char *__asan_default_options(void);
const char *__asan_default_options(void) {
  return "handle_segv=0";
}

static siam_status crash(siam_picture *picture) {
  volatile uintptr_t nowhere = 4096;
  *(volatile int *)nowhere = 1;
  (void)picture;
  return SIAM_OK;
}

static siam_status hang(siam_picture *picture) {
  for (volatile int i = 1; i > 0; i = 1) continue;
  (void)picture;
  return SIAM_OK;
}

/// Waits for a byte that never comes, and uses no time of the processor.
static siam_status sleep_on(siam_picture *picture) {
  char byte;
  (void)picture;
  while (recv(SIAM_CALL_SOCKET, &byte, 1, 0) == 1) continue;
  _exit(0);
}

static siam_status open_file(siam_picture *picture) {
  (void)picture;
  open("/etc/passwd", O_RDONLY | O_CLOEXEC);
  return SIAM_OK;
}

static siam_status connect_out(siam_picture *picture) {
  (void)picture;
  socket(AF_INET, SOCK_STREAM, 0);
  return SIAM_OK;
}

static siam_status start_process(siam_picture *picture) {
  (void)picture;
  fork();
  return SIAM_OK;
}

static siam_status write_output(siam_picture *picture) {
  (void)picture;
  return write(STDERR_FILENO, "x", 1) == 1 ? SIAM_OK : SIAM_ERROR_FORMAT;
}

static siam_status make_code(siam_picture *picture) {
  (void)picture;
  mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return SIAM_OK;
}

static siam_status take_memory(siam_picture *picture) {
  (void)picture;
  while (siam_allocate(1, 64 << 20) != NULL) continue;
  return SIAM_ERROR_MEMORY;
}

static siam_status answer_nonsense(siam_picture *picture) {
  (void)picture;
  return (siam_status)77;
}

/// A picture that would end behind the region.
static siam_status answer_too_much(siam_picture *picture) {
  picture->width = picture->height = 16384;
  picture->channels = 3;
  picture->format = SIAM_PICTURE_PNG;
  return SIAM_OK;
}

static siam_status speak_out_of_turn(siam_picture *picture) {
  (void)picture;
  return send(SIAM_CALL_SOCKET, "z", 1, 0) == 1 ? SIAM_OK : SIAM_ERROR_FORMAT;
}

static const struct {
  const char *word;
  siam_status (*act)(siam_picture *picture);
} acts[] = {{"crash", crash},          {"hang", hang},
            {"sleep", sleep_on},       {"file", open_file},
            {"connect", connect_out},  {"start", start_process},
            {"write", write_output},   {"code", make_code},
            {"memory", take_memory},   {"nonsense", answer_nonsense},
            {"much", answer_too_much}, {"turn", speak_out_of_turn}};

siam_status __real_siam_picture_decode_here(const char *name, const uint8_t *bytes, size_t count,
                                            const siam_picture_options *options, siam_picture *picture);
siam_status __wrap_siam_picture_decode_here(const char *name, const uint8_t *bytes, size_t count,
                                            const siam_picture_options *options, siam_picture *picture);

siam_status __wrap_siam_picture_decode_here(const char *name, const uint8_t *bytes, size_t count,
                                            const siam_picture_options *options, siam_picture *picture) {
  static const char mark[] = "hostile: ";
  const size_t length = sizeof mark - 1;
  for (size_t i = 0; count > length && memcmp(bytes, mark, length) == 0 && i < sizeof acts / sizeof *acts;
       i++)
    if (strncmp((const char *)bytes + length, acts[i].word, strlen(acts[i].word)) == 0) {
      *picture = (siam_picture){.pixels = options->room->bytes};
      return acts[i].act(picture);
    }
  return __real_siam_picture_decode_here(name, bytes, count, options, picture);
}
