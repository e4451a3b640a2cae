// siamese-bench: how fast everything is on a device, beside what the device can do at all.
#include "bench/compare.h"
#include "bench/format.h"
#include "bench/json.h"
#include "common/command.h"
#include "common/decoders.h"
#include "common/json.h"
#include "common/message.h"
#include "common/progress.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_SLOWER = 1 };

static struct {
  const char *device, *encoder, *compare;
  int64_t batch, repeats;
  double minutes;
  bool json, markdown, quiet;
} arguments;

static const app_option options[] = {
    {.name = "device",
     .letter = 'd',
     .value = "SEL",
     .text = &arguments.device,
     .help =
         "Measure this OpenCL device: an index of siamese-devices, PLATFORM:DEVICE, a part of the name, cpu "
         "or gpu; all: one after the other. Default: the environment variable SIAMESE_DEVICE, else the "
         "fastest."},
    {.name = "encoder",
     .letter = 'e',
     .value = "NAME|FILE",
     .text = &arguments.encoder,
     .help = "Take shapes and networks from conv4, resnet8, resnet12, lenet, koch or a description file; "
             "all: every built-in one. "
             "Default: conv4."},
    {.name = "batch",
     .letter = 'b',
     .value = "PAIRS",
     .integer = &arguments.batch,
     .least = 1,
     .most = 1 << 20,
     .help = "Pairs of a training step; everything else takes twice as many pictures. Default: 64."},
    {.name = "repeats",
     .letter = 'r',
     .value = "N",
     .integer = &arguments.repeats,
     .least = 1,
     .most = 100000,
     .help = "Measure every row so many times. Default: as often as --minutes allows, and at least 3 times."},
    {.name = "minutes",
     .value = "M",
     .number = &arguments.minutes,
     .least = 0,
     .most = 1e6,
     .above_least = true,
     .help = "Begin no round after this time, for each device. Default: 1, with --repeats no limit."},
    {.name = "compare",
     .letter = 'c',
     .value = "FILE",
     .text = &arguments.compare,
     .help =
         "Compare with what an earlier siamese-bench --json wrote; the exit status says whether anything is "
         "slower."},
    {.name = "markdown", .flag = &arguments.markdown, .help = "Print the tables in Markdown, for reports."},
    APP_OPTION_JSON(&arguments.json),
    APP_OPTION_QUIET(&arguments.quiet),
    {0}};

static const app_note examples[] = {
    {"siamese-bench", "Everything on the default device, in about a minute."},
    {"siamese-bench conv --encoder lenet --repeats 20", "Convolutions of lenet too, twenty times each."},
    {"siamese-bench train embed --encoder lenet", "Training steps and embedding with lenet."},
    {"siamese-bench gemm --json > before.json", "Keep results, in the form of Google Benchmark."},
    {"siamese-bench gemm --compare before.json", "Measure again and say what is faster or slower."},
    {"siamese-bench --device all --markdown", "One table of all devices, to hand in."},
    {NULL, NULL}};

static const app_note exit_codes[] = {
    {"0", "Measured. Rows that failed or do not apply are in the table with their reason."},
    {"1", "With --compare: something is slower than before, beyond the spread."},
    {"2", "Trouble: the message says what, and what to do."},
    {NULL, NULL}};

static const app_command command = {
    .name = "siamese-bench",
    .summary = "measure how fast everything is, and how close to the device's limits",
    .arguments = "[WHAT]...",
    .description =
        "WHAT is gemm (matrix products), conv (convolutions, alone and in blocks with bias, activation and "
        "pooling, as a network runs them), train (a training step), embed (pictures to "
        "embeddings), compare (two pictures, in a running program), start (whole processes, from start to "
        "end, and choosing engines for what an encoder computes), "
        "decode (picture files to bytes), or all; without one, all are measured.\n"
        "The device's ceilings are measured first and again beside every figure: fused multiply-adds in "
        "registers, copying memory, and starting kernels. Every row is run once in each round, so that a "
        "machine that changes its speed treats all alike. Columns: median, least and most time; GFLOP/s "
        "(two for each multiply-add of the direct algorithm) and their share of the FMA ceiling; GB/s "
        "that any algorithm must move, and their share of copying; which of arithmetic, memory and "
        "overhead is the limit; the engine that was picked; things done in a second.\n",
    .options = options,
    .examples = examples,
    .exit_codes = exit_codes,
};

static volatile sig_atomic_t stop_requested;

static void request_stop(int signal_number) {
  (void)signal_number;
  stop_requested = 1;
}

static bool show_progress(void *context, double done, const char *row) {
  (void)context;
  app_progress_update((uint64_t)(1000 * done), 1000, "%s", row);
  return !stop_requested;
}

/// siamese-compare beside this program; NULL where it is not.
static char *find_compare(void) {
  static char path[4096 + sizeof "siamese-compare"];
  char own[4096];
  const ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);
  if (length <= 0) return NULL;
  own[length] = '\0';
  char *slash = strrchr(own, '/');
  if (slash == NULL) return NULL;
  *slash = '\0';
  snprintf(path, sizeof path, "%s/siamese-compare", own);
  return access(path, X_OK) == 0 ? path : NULL;
}

static siam_status measure(bench_result *result, const char *selector, char **what, unsigned count) {
  const siam_bench_options bench = {.what = (const char *const *)what,
                                    .what_count = count,
                                    .encoder = arguments.encoder,
                                    .batch = (int)arguments.batch,
                                    .repeats = (uint32_t)arguments.repeats,
                                    .minutes = arguments.minutes,
                                    .decoders = app_decoders(),
                                    .compare_program = find_compare(),
                                    .compare_device = selector,
                                    .progress = show_progress};
  siam_device *device = NULL;
  const siam_device_options open = {.selector = selector, .logger = app_logger(arguments.quiet)};
  app_progress_begin("measuring", arguments.quiet || arguments.json);
  siam_status status = siam_device_create(&open, &device);
  if (status == SIAM_OK) {
    result->device = *siam_device_get_info(device);
    status = siam_bench_run(device, &bench, &result->report);
  }
  siam_device_destroy(device);
  app_progress_end();
  return status;
}

static bench_results list_all(void) {
  siam_device_info *devices = NULL;
  size_t count = 0;
  if (siam_devices_list(&devices, &count) != SIAM_OK) exit(app_fail_library());
  bench_results results = {.list = app_allocate(count, sizeof(bench_result)), .count = count, .all = true};
  for (size_t i = 0; i < count; i++) results.list[i].device = devices[i];
  siam_devices_free(devices);
  return results;
}

/// Devices that cannot be used are in the results with the reason, but not where the command line is at
/// fault.
static int measure_all(bench_results *results, char **what, unsigned count) {
  for (size_t i = 0; i < results->count; i++) {
    bench_result *result = &results->list[i];
    char selector[32];
    snprintf(selector, sizeof selector, "%u:%u", result->device.platform_index, result->device.device_index);
    const siam_status status = measure(result, selector, what, count);
    if (status == SIAM_OK) continue;
    if (status != SIAM_ERROR_DEVICE) return app_fail_library();
    result->reason = strdup(siam_last_error());
  }
  return APP_SUCCESS;
}

static int print(const bench_results *results, const bench_baseline *baseline) {
  bench_comparison comparison = {0};
  if (baseline != NULL && !bench_compare(results, baseline, &comparison)) return APP_TROUBLE;
  int code = APP_SUCCESS;
  if (arguments.json) {
    json_t *object = bench_json(results, "siamese-bench");
    if (baseline != NULL) json_object_set_new(object, "comparison", bench_comparison_json(&comparison));
    code = app_print_json(object);
  } else {
    bench_print(results, arguments.markdown);
    if (baseline != NULL) bench_print_comparison(&comparison, baseline, arguments.markdown);
  }
  if (code == APP_SUCCESS && comparison.slower > 0) code = EXIT_SLOWER;
  bench_comparison_clear(&comparison);
  return code;
}

static void release(bench_results *results) {
  for (size_t i = 0; i < results->count; i++) {
    siam_bench_report_free(results->list[i].report);
    free(results->list[i].reason);
  }
  free(results->list);
}

int main(int argc, char **argv) {
  unsigned count = 0;
  char **what = app_begin(&command, argc, argv, &count);
  if (arguments.json && arguments.markdown)
    return app_fail("--json and --markdown exclude each other; give one");
  bench_baseline *baseline = NULL;
  if (arguments.compare != NULL && (baseline = bench_baseline_read(arguments.compare)) == NULL)
    return APP_TROUBLE;
  if (app_begin_decoders() != APP_SUCCESS) return APP_TROUBLE;
  struct sigaction action = {.sa_handler = request_stop, .sa_flags = SA_RESTART | SA_RESETHAND};
  sigaction(SIGINT, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  bench_results results = {0};
  int code = APP_SUCCESS;
  if (arguments.device != NULL && strcmp(arguments.device, "all") == 0) {
    results = list_all();
    code = measure_all(&results, what, count);
  } else {
    results = (bench_results){.list = app_allocate(1, sizeof(bench_result)), .count = 1};
    if (measure(&results.list[0], arguments.device, what, count) != SIAM_OK) code = app_fail_library();
  }
  if (code == APP_SUCCESS) code = print(&results, baseline);
  release(&results);
  bench_baseline_free(baseline);
  return code;
}
