#include <criterion/criterion.h>
#include <siamese/device.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 5 };
static const siam_device_info list[COUNT] = {
    {.index = 0,
     .platform_index = 0,
     .name = "pthread-haswell",
     .type = "cpu",
     .compute_units = 64,
     .clock_mhz = 4000},
    {.index = 1,
     .platform_index = 1,
     .name = "Arc A380",
     .type = "gpu",
     .compute_units = 128,
     .clock_mhz = 2000},
    {.index = 2,
     .platform_index = 2,
     .name = "GeForce RTX 3090",
     .type = "gpu",
     .compute_units = 82,
     .clock_mhz = 1695},
    {.index = 3,
     .platform_index = 2,
     .device_index = 1,
     .name = "GeForce RTX 3060",
     .type = "gpu",
     .compute_units = 28},
    {.index = 4, .platform_index = 3, .name = "Oclgrind Simulator", .type = "other", .compute_units = 9999},
};
static char reason[256];

static void forget_variable(void) {
  unsetenv("SIAMESE_DEVICE");
}
TestSuite(select, .init = forget_variable);

static size_t pick(const char *selector) {
  size_t picked = 99;
  cr_assert_eq(siam_devices_pick(list, COUNT, selector, &picked, reason, sizeof reason), SIAM_OK, "%s",
               siam_last_error());
  return picked;
}

Test(select, gpus_come_first_and_among_them_units_times_clock_decide) {
  cr_expect_eq(pick(NULL), 1);
  cr_expect_str_eq(reason, "it has the most compute units times clock of 3 devices of type GPU");
  cr_expect_eq(pick(""), 1);
}

Test(select, accelerators_come_before_cpus_and_simulators_last) {
  const siam_device_info two[] = {list[4], list[0], {.index = 2, .type = "accelerator", .name = "card"}};
  size_t picked = 99;
  cr_assert_eq(siam_devices_pick(two, 3, NULL, &picked, reason, sizeof reason), SIAM_OK);
  cr_expect_eq(picked, 2);
  cr_assert_eq(siam_devices_pick(two, 2, NULL, &picked, reason, sizeof reason), SIAM_OK);
  cr_expect_eq(picked, 1);
  cr_expect_str_eq(reason, "type CPU comes first (GPU, accelerator, CPU)");
  cr_assert_eq(siam_devices_pick(two, 1, NULL, &picked, reason, sizeof reason), SIAM_OK);
  cr_expect_str_eq(reason, "it is the only device");
}

Test(select, a_selector_is_an_index_a_pair_a_type_or_a_part_of_the_name) {
  cr_expect_eq(pick("0"), 0);
  cr_expect_eq(pick("4"), 4);
  cr_expect_eq(pick("2:1"), 3);
  cr_expect_eq(pick("CPU"), 0);
  cr_expect_eq(pick("gpu"), 1);
  cr_expect_eq(pick("geforce"), 2);
  cr_expect_str_eq(reason,
                   "you asked for \"geforce\"; of the 2 that match, it has the most compute units times "
                   "clock of 2 devices of type GPU");
  cr_expect_eq(pick("3060"), 3);
  cr_expect_str_eq(reason, "you asked for \"3060\"");
}

Test(select, the_environment_variable_counts_where_no_selector_is_given) {
  setenv("SIAMESE_DEVICE", "haswell", 1);
  cr_expect_eq(pick(NULL), 0);
  cr_expect_str_eq(reason, "SIAMESE_DEVICE asks for \"haswell\"");
  cr_expect_eq(pick("1"), 1);
  setenv("SIAMESE_DEVICE", "", 1);
  cr_expect_eq(pick(NULL), 1);
}

Test(select, a_selector_nothing_answers_to_names_what_there_is) {
  static const char *const wrong[] = {"5", "0:1", "7:0", "-1", "1:", ":1", "radeon", "99999999999999999999"};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    size_t picked = 99;
    cr_expect_eq(siam_devices_pick(list, COUNT, wrong[i], &picked, NULL, 0), SIAM_ERROR_ARGUMENT, "%s",
                 wrong[i]);
    cr_expect_eq(picked, 99);
    cr_expect_not_null(strstr(siam_last_error(), wrong[i]));
    cr_expect_not_null(strstr(siam_last_error(), "2:1 GeForce RTX 3060 (gpu)"));
  }
  setenv("SIAMESE_DEVICE", "nonsense", 1);
  size_t picked = 99;
  cr_expect_eq(siam_devices_pick(list, COUNT, NULL, &picked, NULL, 0), SIAM_ERROR_ARGUMENT);
  cr_expect_eq(strncmp(siam_last_error(), "SIAMESE_DEVICE: ", 16), 0);
  cr_expect_eq(siam_devices_pick(list, 0, "0", &picked, NULL, 0), SIAM_ERROR_DEVICE);
}

Test(select, a_long_reason_is_cut_to_its_room) {
  char room[8];
  size_t picked = 99;
  cr_assert_eq(siam_devices_pick(list, COUNT, NULL, &picked, room, sizeof room), SIAM_OK);
  cr_expect_str_eq(room, "it has ");
}
