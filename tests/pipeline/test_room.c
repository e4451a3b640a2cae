#include "model/description.h"
#include "pipeline/embedder.h"
#include "pipeline/room.h"
#include "pipeline/step.h"

#include <criterion/criterion.h>
#include <string.h>

static siam_device *device;

static void begin(void) {
  cr_assert_eq(siam_device_create(NULL, &device), SIAM_OK, "%s", siam_last_error());
}
static void end(void) {
  siam_device_destroy(device);
}
TestSuite(room, .init = begin, .fini = end, .timeout = 300);

/// What a made-up batch takes.
typedef struct made_up {
  uint64_t fixed, each;
  uint32_t jump;    ///< From this size on, ten times as much.
  uint32_t refused; ///< From this size on, a mistake.
  int asked;
} made_up;

static siam_status need_of(void *context, uint32_t count, siam_need *need) {
  made_up *up = context;
  up->asked++;
  if (up->refused > 0 && count >= up->refused) return siam_fail(SIAM_ERROR_ARGUMENT, "too many");
  const uint64_t bytes = up->fixed + up->each * count;
  siam_need_add(need, up->jump > 0 && count >= up->jump ? 10 * bytes : bytes);
  return SIAM_OK;
}

static uint32_t search(made_up up, uint32_t least, uint32_t most) {
  uint32_t largest = 77;
  cr_assert_eq(siam_room_search(device, least, most, need_of, &up, &largest), SIAM_OK, "%s",
               siam_last_error());
  // Both ends, and never more than two tries for each halving.
  cr_expect_leq(up.asked, 2 + 2 * 20);
  return largest;
}

Test(room, the_largest_batch_that_fits_is_found) {
  device->traits.global_bytes = device->used_bytes + 1000;
  device->traits.allocation_bytes = 1000;
  cr_expect_eq(search((made_up){.each = 10}, 1, 1 << 20), 100);
  cr_expect_eq(search((made_up){.fixed = 999, .each = 1}, 1, 1 << 20), 1);
  cr_expect_eq(search((made_up){.fixed = 1000, .each = 1}, 1, 1 << 20), 0, "none fits");
  cr_expect_eq(search((made_up){.each = 10}, 1, 60), 60, "all fit");
  cr_expect_eq(search((made_up){.each = 10}, 100, 100), 100);
  cr_expect_eq(search((made_up){.each = 1, .jump = 300}, 1, 1 << 20), 299, "no straight line");
  cr_expect_eq(search((made_up){.each = 1, .refused = 17}, 1, 1 << 20), 16, "larger ones cannot be");
  // In one piece there is less.
  device->traits.allocation_bytes = 500;
  cr_expect_eq(search((made_up){.each = 10}, 1, 1 << 20), 50);
}

Test(room, a_refusal_says_what_is_needed_what_there_is_and_what_fits) {
  made_up up = {.each = 1 << 20};
  device->traits.global_bytes = device->used_bytes + (30 << 20);
  device->traits.allocation_bytes = 20 << 20;
  siam_fail(SIAM_ERROR_DEVICE, "the driver's words");
  cr_assert_eq(siam_room_refuse(device, "pair", 1, 64, need_of, &up, SIAM_ERROR_DEVICE), SIAM_ERROR_DEVICE);
  cr_expect_not_null(strstr(siam_last_error(), "a batch of 64 pairs needs 64.0 MiB of device memory"), "%s",
                     siam_last_error());
  cr_expect_not_null(strstr(siam_last_error(), "the largest batch that fits is 20"), "%s", siam_last_error());
  // A batch that fits failed for another reason, which stays.
  siam_fail(SIAM_ERROR_DEVICE, "the driver's words");
  cr_assert_eq(siam_room_refuse(device, "pair", 1, 20, need_of, &up, SIAM_ERROR_DEVICE), SIAM_ERROR_DEVICE);
  cr_expect_str_eq(siam_last_error(), "the driver's words");
  up.each = 21 << 20;
  cr_assert_eq(siam_room_refuse(device, "pair", 1, 1, need_of, &up, SIAM_ERROR_DEVICE), SIAM_ERROR_DEVICE);
  cr_expect_not_null(strstr(siam_last_error(), "no batch fits"), "%s", siam_last_error());
}

static siam_model *make_model(void) {
  siam_network *network = NULL;
  siam_model *model = NULL;
  static const char text[] =
      "input 16 16 1\nconv 5 3 pad=1\nbatch_norm\nrelu\nmax_pool 2\nflatten\nlinear 6\n"
      "l2_normalize\n";
  cr_assert_eq(siam_description_parse("test", text, NULL, &network), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_model_wrap(device, network, 9, &model), SIAM_OK, "%s", siam_last_error());
  return model;
}

static siam_step_options options_of(int rows) {
  siam_step_options options = {.rows = rows, .average = 0.9f};
  cr_assert_eq(siam_loss_parse("contrastive", &options.loss), SIAM_OK);
  options.loss.pairing = SIAM_PAIRING_DRAWN;
  cr_assert_eq(siam_optimizer_find("adamw", &options.optimizer), SIAM_OK);
  options.optimizer_options = options.optimizer->standard;
  return options;
}

Test(room, a_plan_says_to_the_byte_what_a_step_takes_and_takes_nothing_itself) {
  siam_model *model = make_model();
  const siam_step_options options = options_of(24);
  const uint64_t before = device->used_bytes;
  siam_need need = {0};
  siam_step *step = NULL;
  cr_assert_eq(siam_step_need(model, &options, &need), SIAM_OK, "%s", siam_last_error());
  cr_expect_eq(device->used_bytes, before);
  cr_assert_eq(siam_step_create(model, &options, &step), SIAM_OK, "%s", siam_last_error());
  // What the tape keeps beside the arena, such as the constants of augmentation, is not planned.
  cr_expect_geq(device->used_bytes - before, need.bytes);
  cr_expect_leq(device->used_bytes - before, need.bytes + 4096);
  siam_step_destroy(step);
  cr_expect_eq(device->used_bytes, before);
  // What just fits can be made, and what does not is refused.
  device->traits.global_bytes = before + need.bytes + 4096;
  cr_assert_eq(siam_step_create(model, &options, &step), SIAM_OK, "%s", siam_last_error());
  siam_step_destroy(step);
  device->traits.global_bytes = before + need.bytes - 1;
  cr_expect_eq(siam_step_create(model, &options, &step), SIAM_ERROR_DEVICE);
  cr_expect_eq(device->used_bytes, before);
  siam_model_destroy(model);
}

Test(room, a_plan_says_what_an_embedder_takes) {
  siam_model *model = make_model();
  const uint64_t before = device->used_bytes;
  siam_need need = {0};
  siam_embedder *embedder = NULL;
  cr_assert_eq(siam_embedder_need(model, 24, &need), SIAM_OK, "%s", siam_last_error());
  cr_expect_eq(device->used_bytes, before);
  cr_assert_eq(siam_embedder_create(model, 24, &embedder), SIAM_OK, "%s", siam_last_error());
  cr_expect_geq(device->used_bytes - before, need.bytes);
  cr_expect_leq(device->used_bytes - before, need.bytes + 4096);
  siam_embedder_destroy(embedder);
  siam_model_destroy(model);
  cr_expect_eq(device->used_bytes, 0, "all memory came back");
}
