// What the self-test leaves out is wrong without anybody knowing: its rows are held to the tables of layers,
// losses, optimisers, encoders and kernels.
#include "device/kernel_sources.h"
#include "device/program.h"
#include "device_memory.h"
#include "losses/target_loss.h"
#include "model/description.h"
#include "optim/optimizer.h"
#include "reference/self_test_rows.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_KERNELS = 256, NAME_SIZE = 64 };

static char *folder;
static void begin(void) {
  folder = siam_scratch_create();
  setenv("SIAMESE_CACHE_DIR", folder, 1);
}
static void end(void) {
  siam_test_device_close();
  siam_scratch_remove(folder);
}
TestSuite(self_test_tables, .init = begin, .fini = end);

/// Names of the kernels that were put on a tape.
static char launched[MOST_KERNELS][NAME_SIZE];
static size_t launched_count;

static bool was_launched(const char *kernel) {
  for (size_t i = 0; i < launched_count; i++)
    if (strcmp(launched[i], kernel) == 0) return true;
  return false;
}

// The linker puts __wrap_NAME in the place of NAME, and calls the original __real_NAME.
siam_status __real_siam_program_kernel(siam_program *program, const char *kernel, cl_kernel *created);
siam_status __wrap_siam_program_kernel(siam_program *program, const char *kernel, cl_kernel *created);

siam_status __wrap_siam_program_kernel(siam_program *program, const char *kernel, cl_kernel *created) {
  if (!was_launched(kernel) && launched_count < MOST_KERNELS)
    snprintf(launched[launched_count++], NAME_SIZE, "%s", kernel);
  return __real_siam_program_kernel(program, kernel, created);
}

/// Whether there is a row of this beginning that has `name` between commas.
static bool has_row(const siam_self_test_report *report, const char *beginning, const char *name) {
  const size_t begun = strlen(beginning), length = strlen(name);
  for (size_t i = 0; i < report->count; i++) {
    const char *words = report->rows[i].name;
    if (strncmp(words, beginning, begun) != 0) continue;
    for (words += begun; words != NULL; words = strstr(words, ", ") != NULL ? strstr(words, ", ") + 2 : NULL)
      if (strncmp(words, name, length) == 0 && (words[length] == '\0' || words[length] == ',')) return true;
  }
  return false;
}

Test(self_test_tables, every_layer_loss_optimizer_and_encoder_has_a_row) {
  siam_self_test_report *report = NULL;
  // Without time every row is there, and not reached.
  siam_test_ok(siam_self_test(siam_test_device(), &(siam_self_test_options){.seconds = 1e-9}, &report));
  cr_expect_not(report->complete);
  for (size_t i = 0; siam_layer_types[i] != NULL; i++)
    cr_expect(has_row(report, "layer ", siam_layer_types[i]->name), "layer %s", siam_layer_types[i]->name);
  for (size_t i = 0; siam_loss_types[i] != NULL; i++)
    cr_expect(has_row(report, "loss ", siam_loss_types[i]->name), "loss %s", siam_loss_types[i]->name);
  for (size_t i = 0; siam_target_losses[i] != NULL; i++)
    cr_expect(has_row(report, "loss ", siam_target_losses[i]->name), "loss %s", siam_target_losses[i]->name);
  for (const siam_optimizer_type *type = siam_optimizer_types; type->name != NULL; type++)
    cr_expect(has_row(report, "optimizer ", type->name), "optimizer %s", type->name);
  for (const siam_encoder *encoder = siam_encoders; encoder->name != NULL; encoder++)
    cr_expect(has_row(report, "products and convolutions of ", encoder->name), "encoder %s", encoder->name);
  cr_expect(has_row(report, "products and convolutions of ", "the default model"));
  siam_self_test_free(report);
}

/// Files of kernels that not every device is given, or that none is tested with: those of bench.cl measure.
static const struct {
  const char *source;
  bool cpus, others;
} special[] = {
    {"bench", false, false},        {"gemm_local", false, true},           {"gemm_tile", true, false},
    {"conv_direct", true, false},   {"conv_pooled", true, false},          {"conv_norm", true, false},
    {"conv_winograd", true, false}, {"conv_winograd_weight", true, false},
};

/// Whether kernels of this file are given to the device under test.
static bool is_given(const char *source) {
  const bool cpu = siam_test_device()->traits.is_cpu;
  for (size_t i = 0; i < sizeof special / sizeof *special; i++)
    if (strcmp(special[i].source, source) == 0) return cpu ? special[i].cpus : special[i].others;
  return true;
}

/// The name of the kernel whose declaration begins at `text`, within the whole of `source`.
static void read_name(const char *source, const char *text, char name[NAME_SIZE]) {
  static const char joined[] = "JOIN(NAME, ", definition[] = "#define NAME ";
  text = strstr(text, "void ") + strlen("void ");
  if (strncmp(text, joined, strlen(joined)) != 0) {
    snprintf(name, NAME_SIZE, "%.*s", (int)strcspn(text, "("), text);
    return;
  }
  const char *prefix = strstr(source, definition) + strlen(definition);
  text += strlen(joined);
  snprintf(name, NAME_SIZE, "%.*s%.*s", (int)strcspn(prefix, " \n"), prefix, (int)strcspn(text, ")"), text);
}

Test(self_test_tables, every_kernel_has_its_numbers_held_to_the_reference, .timeout = 600) {
  siam_self_test_run test = {
      .device = siam_test_device(), .options = {.seconds = 1e9}, .report = calloc(1, sizeof *test.report)};
  siam_test_ok(siam_self_test_products(&test));
  siam_test_ok(siam_self_test_networks(&test));
  siam_test_ok(siam_self_test_training(&test));
  for (size_t i = 0; i < test.report->count; i++) {
    const siam_self_test_row *row = &test.report->rows[i];
    cr_expect_eq(row->status, SIAM_SELF_TEST_PASSED, "%s: %s", row->name, row->reason);
  }
  size_t kernels = 0;
  for (const siam_kernel_source *source = siam_kernel_sources; source->name != NULL; source++)
    for (const char *text = source->text; (text = strstr(text, "__kernel ")) != NULL; text++, kernels++) {
      char name[NAME_SIZE];
      read_name(source->text, text, name);
      cr_expect_eq(was_launched(name), is_given(source->name), "%s of cl/%s.cl", name, source->name);
    }
  cr_expect_gt(kernels, 90);
  siam_self_test_free(test.report);
}
