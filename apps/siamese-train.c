// siamese-train: from a folder of pictures to a model file.
#include "common/command.h"
#include "common/decoders.h"
#include "common/message.h"
#include "common/progress.h"
#include "train/train.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static volatile sig_atomic_t stop_requests;

/// The first Ctrl-C asks the run to end after its step; the second leaves at once.
static void request_stop(int signal_number) {
  if (stop_requests++ > 0) _exit(128 + signal_number);
}

/// A lost connection asks for the same, and may do so twice: by the shell, and by the terminal that is gone.
static void hang_up(int signal_number) {
  (void)signal_number;
  if (stop_requests == 0) stop_requests = 1;
}

static void catch_interrupts(void) {
  struct sigaction action = {.sa_handler = request_stop}, lost = {.sa_handler = hang_up}, before;
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  // nohup has it ignored, and means it.
  if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN) sigaction(SIGHUP, &lost, NULL);
}

static bool show_progress(void *context, const siam_train_progress *progress) {
  (void)context;
  if (arguments.reconstruct != NULL)
    app_progress_update(progress->step, progress->steps, "loss %.4f  %.0f pictures/s", progress->loss,
                        2 * progress->pairs_per_second);
  else
    app_progress_update(progress->step, progress->steps, "loss %.4f  same %.3f  different %.3f  %.0f pairs/s",
                        progress->loss, progress->same_distance, progress->different_distance,
                        progress->pairs_per_second);
  return stop_requests == 0;
}

static bool show_preparing(void *context, const char *what, uint32_t done, uint32_t count) {
  (void)context;
  app_progress_update(done, count, "%s", what);
  return stop_requests == 0;
}

static bool show_checking(void *context, uint32_t done, uint32_t count) {
  (void)context;
  app_progress_update(done, count, "pictures");
  return stop_requests == 0;
}

static int find_rate(siam_device *device, const siam_train_options *train) {
  siam_rate_search search;
  app_progress_begin("searching", arguments.quiet || arguments.json);
  siam_status status = siam_find_rate(device, train, &search);
  app_progress_end();
  return status == SIAM_OK ? train_print_rates(&search) : app_fail_library();
}

static int train(siam_device *device, const char *data) {
  siam_train_options train;
  if (train_options(data, &train) != SIAM_OK) return app_fail_library();
  train.progress = show_progress;
  train.preparing = show_preparing;
  catch_interrupts();
  if (arguments.find_rate) return find_rate(device, &train);
  app_progress_begin("training", arguments.quiet || arguments.json);
  siam_train_report report;
  siam_status status = siam_train(device, &train, &report);
  app_progress_end();
  if (status != SIAM_OK) return app_fail_library();
  const char *name = siam_device_get_info(device)->name;
  if (arguments.json) return train_print_json(&report, name);
  train_print(&report, name);
  return APP_SUCCESS;
}

static int run(const char *data) {
  if (!arguments.check && train_check_arguments() != APP_SUCCESS) return APP_TROUBLE;
  if (app_begin_decoders() != APP_SUCCESS) return APP_TROUBLE;
  if (arguments.check) {
    catch_interrupts();
    return train_check_data(data, show_checking);
  }
  siam_device *device = NULL;
  siam_device_options device_options = {.selector = arguments.device, .logger = app_logger(arguments.quiet)};
  if (siam_device_create(&device_options, &device) != SIAM_OK) return app_fail_library();
  int code = train(device, data);
  siam_device_destroy(device);
  return code;
}

int main(int argc, char **argv) {
  unsigned count = 0;
  arguments.line = app_line(&train_command, argc, argv);
  char **names = app_begin(&train_command, argc, argv, &count);
  int code = run(names[0]);
  free(arguments.line);
  return code;
}
