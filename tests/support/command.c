#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef struct stream {
  int descriptor; ///< Read end; -1 once all is read.
  char *bytes;
  size_t count;
} stream;

static void give_up(const char *what) {
  perror(what);
  abort();
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void make_pipe(int ends[2]) {
  if (pipe2(ends, O_CLOEXEC) != 0) give_up("pipe2");
}

/// A terminal: ends[0] is what a person sees, ends[1] what the program writes to.
static void make_terminal(int ends[2]) {
  ends[0] = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (ends[0] < 0 || grantpt(ends[0]) != 0 || unlockpt(ends[0]) != 0) give_up("posix_openpt");
  ends[1] = open(ptsname(ends[0]), O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (ends[1] < 0) give_up("terminal");
  struct winsize size = {.ws_row = 25, .ws_col = 100};
  ioctl(ends[1], TIOCSWINSZ, &size);
}

static void read_some(stream *source) {
  char chunk[65536];
  ssize_t got = read(source->descriptor, chunk, sizeof chunk);
  if (got < 0 && errno == EINTR) return;
  if (got <= 0) {
    // A terminal whose last writer is gone answers EIO.
    close(source->descriptor);
    source->descriptor = -1;
    return;
  }
  source->bytes = realloc(source->bytes, source->count + (size_t)got + 1);
  if (source->bytes == NULL) give_up("realloc");
  memcpy(source->bytes + source->count, chunk, (size_t)got);
  source->count += (size_t)got;
  source->bytes[source->count] = '\0';
}

static void set_environment(const char *const *environment) {
  for (; environment != NULL && *environment != NULL; environment++) {
    if (strchr(*environment, '=') != NULL)
      putenv(strdup(*environment));
    else
      unsetenv(*environment);
  }
}

/// In the child: becomes the program.
static void become(const siam_command_options *options, const char *const *arguments, int input, int out,
                   int err) {
  if (options->output_file != NULL) out = open(options->output_file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  dup2(input, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  if (options->folder != NULL && chdir(options->folder) != 0) give_up(options->folder);
  set_environment(options->environment);
  // Criterion's own handlers and masks are not the program's business.
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  char path[1024];
  bool has_slash = strchr(arguments[0], '/') != NULL;
  snprintf(path, sizeof path, "%s%s", has_slash ? "" : SIAMESE_BINARY_DIR "/bin/", arguments[0]);
  execv(path, (char *const *)arguments);
  give_up(path);
}

static void write_input(int descriptor, const char *input) {
  // The tests' inputs are shorter than a pipe holds, so that this never waits.
  if (input != NULL && write(descriptor, input, strlen(input)) < 0) give_up("write");
  close(descriptor);
}

static bool wants_interrupt(const siam_command_options *options) {
  return options->interrupt_after > 0 || options->interrupt_file != NULL;
}

/// Whether the time for SIGINT has come, or the file it waits for has grown.
static bool is_time(const siam_command_options *options, double passed) {
  if (options->interrupt_file == NULL) return passed >= options->interrupt_after;
  struct stat information;
  return stat(options->interrupt_file, &information) == 0 && information.st_size >= options->interrupt_bytes;
}

/// Seconds to sleep before there is something to do other than reading.
static double next_wait(const siam_command_options *options, bool interrupted, double passed, double limit) {
  if (!interrupted && options->interrupt_file != NULL) return 0.005;
  double next = interrupted ? limit : options->interrupt_after;
  return next > passed ? next - passed : 0;
}

static void interrupt(pid_t child, const siam_command_options *options) {
  if (options->hangup) {
    kill(child, SIGHUP);
    // Of two that wait, a process sees one.
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
  }
  kill(child, options->hangup ? SIGHUP : SIGINT);
  if (options->twice) kill(child, SIGTERM);
}

/// Reads until both streams end, and sends signals when their time has come; true after the timeout.
static bool follow(pid_t child, const siam_command_options *options, stream streams[2]) {
  double begun = now(), limit = options->timeout > 0 ? options->timeout : 60;
  bool interrupted = !wants_interrupt(options), timed_out = false;
  while (streams[0].descriptor >= 0 || streams[1].descriptor >= 0) {
    struct pollfd ends[2];
    for (int i = 0; i < 2; i++) ends[i] = (struct pollfd){.fd = streams[i].descriptor, .events = POLLIN};
    poll(ends, 2, (int)(next_wait(options, interrupted, now() - begun, limit) * 1000) + 1);
    for (int i = 0; i < 2; i++)
      if (streams[i].descriptor >= 0 && ends[i].revents != 0) read_some(&streams[i]);
    if (!interrupted && is_time(options, now() - begun)) {
      interrupt(child, options);
      interrupted = true;
    }
    if (now() - begun >= limit && !timed_out) {
      kill(child, SIGKILL);
      timed_out = true;
    }
  }
  return timed_out;
}

siam_command_result siam_command_run(const siam_command_options *options, const char *const *arguments) {
  static const siam_command_options none = {0};
  if (options == NULL) options = &none;
  int input[2], out[2], err[2];
  make_pipe(input);
  if (options->terminal)
    make_terminal(out);
  else
    make_pipe(out);
  make_pipe(err);
  pid_t child = fork();
  if (child < 0) give_up("fork");
  if (child == 0) become(options, arguments, input[0], out[1], options->terminal ? out[1] : err[1]);
  close(input[0]);
  close(out[1]);
  close(err[1]);
  write_input(input[1], options->input);
  stream streams[2] = {{.descriptor = out[0], .bytes = strdup("")},
                       {.descriptor = err[0], .bytes = strdup("")}};
  bool timed_out = follow(child, options, streams);
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) give_up("waitpid");
  // Seen here, a finding fails the test, whatever the test thinks of the exit code.
  if (strstr(streams[1].bytes, "Sanitizer: ") != NULL ||
      strstr(streams[1].bytes, ": runtime error: ") != NULL)
    fputs(streams[1].bytes, stderr);
  return (siam_command_result){.code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status),
                               .timed_out = timed_out,
                               .out = streams[0].bytes,
                               .err = streams[1].bytes,
                               .out_size = streams[0].count};
}

void siam_command_release(siam_command_result *result) {
  free(result->out);
  free(result->err);
  *result = (siam_command_result){0};
}
