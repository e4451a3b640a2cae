// siamese-decode: decodes pictures for another program, in a process without rights. It is started by the
// library (data/decoder.c) with a socket and a region of memory and is of no use by itself.
#include "base/memory.h"
#include "data/decode_call.h"
#include "decoder/jail.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { STARTED_BY_HAND = 2, PROGRAM_GONE = 0 };

static uint8_t *region;
static siam_region_size size;

static void say(siam_call_turn turn) {
  const char byte = (char)turn;
  if (send(SIAM_CALL_SOCKET, &byte, 1, MSG_NOSIGNAL) != 1) _exit(PROGRAM_GONE);
}

/// Waits for the program; where that has ended, so does this process.
static void hear(siam_call_turn expected) {
  char byte = 0;
  if (recv(SIAM_CALL_SOCKET, &byte, 1, 0) != 1 || byte != (char)expected) _exit(PROGRAM_GONE);
}

static void keep_message(siam_decode_call *call) {
  snprintf(call->message, sizeof call->message, "%s", siam_last_error());
}

/// Whether a picture of so many pixels may be decoded now. One that is alone waits until the program has
/// room.
static bool ask_for_room(void *context, uint64_t pixels) {
  siam_decode_call *call = context;
  if (pixels <= SIAM_CALL_SMALL_PIXELS) return true;
  if (call->files > 1) return false;
  call->pixels = pixels;
  say(SIAM_TURN_ADMIT);
  hear(SIAM_TURN_GO);
  return true;
}

/// SIGPROF ends a process that does not catch it.
static void set_alarm(long seconds) {
  setitimer(ITIMER_PROF, &(struct itimerval){.it_value = {.tv_sec = seconds}}, NULL);
}

/// False where the picture is to wait for another call.
static bool decode(siam_decode_call *call, siam_pixel_room *room, bool alone) {
  siam_call_answer *answer = &call->answer;
  siam_picture_options options = call->options;
  options.admit = ask_for_room;
  options.admit_context = call;
  options.decoders = NULL;
  options.room = room;
  answer->status =
      siam_picture_decode_here(call->name, region + call->at, call->count, &options, &answer->picture);
  if (answer->status == SIAM_OK)
    answer->at = (uint64_t)(answer->picture.pixels - region);
  else
    keep_message(call);
  return alone || (answer->status != SIAM_ERROR_MEMORY && answer->status != SIAM_INTERRUPTED);
}

/// Each picture has its own time.
static void decode_all(long seconds) {
  siam_decode_call *first = siam_call_at(region, 0);
  const uint32_t count = first->files;
  siam_pixel_room room = {region + siam_region_pixels(&size),
                          count > 1 ? SIAM_REGION_SHARED_BYTES : size.pixel_bytes, 0};
  uint32_t done = 0;
  bool go_on = true;
  while (go_on && done < count) {
    set_alarm(seconds);
    go_on = decode(siam_call_at(region, done), &room, count == 1);
    done += go_on;
  }
  set_alarm(0);
  first->answered = done;
}

static bool begin(int count, char **words, uint64_t *memory, long *seconds) {
  if (count != 5) return false;
  *memory = strtoull(words[1], NULL, 10);
  *seconds = strtol(words[2], NULL, 10);
  size.file_bytes = strtoull(words[3], NULL, 10);
  size.pixel_bytes = strtoull(words[4], NULL, 10);
  region = mmap(NULL, siam_region_bytes(&size), PROT_READ | PROT_WRITE, MAP_SHARED, SIAM_CALL_REGION, 0);
  close(SIAM_CALL_REGION);
  return region != MAP_FAILED;
}

int main(int argc, char **argv) {
  uint64_t memory = 0;
  long seconds = 0;
  if (!begin(argc, argv, &memory, &seconds)) {
    fputs("siamese-decode: started by the siamese commands to decode pictures; of no use by itself\n",
          stderr);
    return STARTED_BY_HAND;
  }
  // What the program had open, such as its output, is no business of pictures.
  for (int file = 0; file < SIAM_CALL_SOCKET; file++) close(file);
  if (siam_jail_enter(siam_region_bytes(&size) + memory) != SIAM_OK) {
    keep_message(siam_call_at(region, 0));
    say(SIAM_TURN_REFUSED);
    return PROGRAM_GONE;
  }
  say(SIAM_TURN_READY);
  for (;;) {
    hear(SIAM_TURN_DECODE);
    decode_all(seconds);
    say(SIAM_TURN_DONE);
  }
}
