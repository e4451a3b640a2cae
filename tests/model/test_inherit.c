#include "device_memory.h"
#include "model/description.h"
#include "model/inherit.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static siam_network *network, *from;
static siam_inheritance inheritance;
static void end(void) {
  siam_inheritance_clear(&inheritance);
  siam_network_destroy(network);
  siam_network_destroy(from);
  siam_test_device_close();
}
TestSuite(inherit, .fini = end);

/// Two networks with first values from different seeds.
static void build(const char *text, const char *text_from) {
  siam_test_ok(siam_description_parse("the test", text, NULL, &network));
  siam_test_ok(siam_description_parse("the test", text_from, NULL, &from));
  siam_test_ok(siam_network_place(network, siam_test_device(), 1));
  siam_test_ok(siam_network_place(from, siam_test_device(), 2));
}

static void take(size_t taken, size_t parameters, const char *absent, const char *unlike,
                 const char *unused) {
  siam_test_ok(siam_network_inherit(network, from, &inheritance));
  cr_expect_eq(inheritance.taken, taken, "%zu", inheritance.taken);
  cr_expect_eq(inheritance.parameters, parameters, "%zu", inheritance.parameters);
  const siam_text *texts[] = {&inheritance.absent, &inheritance.unlike, &inheritance.unused};
  const char *const expected[] = {absent, unlike, unused};
  for (int i = 0; i < 3; i++) cr_expect_str_eq(texts[i]->length > 0 ? texts[i]->bytes : "", expected[i]);
}

/// Whether both networks have the same values behind a slot.
static bool is_same(const char *slot) {
  siam_parameter_info info;
  siam_test_ok(siam_network_get_slot(network, slot, &info, NULL));
  float *ours = calloc(info.count, sizeof *ours), *theirs = calloc(info.count, sizeof *theirs);
  siam_test_ok(siam_network_read(network, slot, ours));
  siam_test_ok(siam_network_read(from, slot, theirs));
  bool same = memcmp(ours, theirs, info.count * sizeof *ours) == 0;
  free(ours);
  free(theirs);
  return same;
}

Test(inherit, equal_names_and_shapes_are_taken_over_to_the_bit_running_statistics_too) {
  const char *text = "input 6 6 1\nconv 4 3\nbatch_norm\nrelu\nflatten\nlinear 3\n";
  build(text, text);
  const float variance[4] = {1, 2, 3, 4}, bias[3] = {5, 6, 7};
  siam_test_ok(siam_network_write(from, "batch_norm1.running_var", variance));
  siam_test_ok(siam_network_write(from, "linear1.bias", bias));
  cr_assert_not(is_same("conv1.weight"));
  take(8, 8, "", "", "");
  cr_expect_eq(inheritance.weights, 4 * 9 + 4 + 4 * 4 + 64 * 3 + 3);
  static const char *const names[] = {"conv1.weight", "batch_norm1.running_var", "linear1.weight",
                                      "linear1.bias"};
  for (int i = 0; i < 4; i++) cr_expect(is_same(names[i]), "%s", names[i]);
}

Test(inherit, another_shape_and_another_name_stay_and_are_said) {
  build("input 6 6 1\nconv 4 3\nflatten\nlinear 3\nlinear 2 name=head bias=0\n",
        "input 6 6 1\nconv 4 3\nflatten\nlinear 5\nrelu\nlinear 2 name=other\n");
  float before[64 * 3], after[64 * 3];
  siam_test_ok(siam_network_read(network, "linear1.weight", before));
  take(2, 5, "head.weight",
       "linear1.weight [64,5] there and [64,3] here, linear1.bias [5] there and [3] here",
       "other.weight, other.bias");
  cr_expect(is_same("conv1.weight"));
  siam_test_ok(siam_network_read(network, "linear1.weight", after));
  cr_expect_arr_eq(before, after, sizeof before);
}

Test(inherit, an_encoder_takes_its_weights_from_its_tied_autoencoder) {
  build("input 6 6 1\nconv 4 3\nflatten\nlinear 3\nl2_normalize\n",
        "input 6 6 1\nconv 4 3\nflatten\nlinear 3\nlinear 64 weight=linear1.weight^T\nreshape 4 4 4\n"
        "conv_transpose 1 3 weight=conv1.weight\n");
  take(4, 4, "", "", "linear2.bias, conv_transpose1.bias");
  cr_expect(is_same("conv1.weight"));
  cr_expect(is_same("linear1.weight"));
}

Test(inherit, a_shared_parameter_is_found_by_each_of_its_plain_names) {
  build("input 1 1 4\nlinear 4 name=b\nlinear 4 name=c\n",
        "input 1 1 4\nlinear 4 name=a\nlinear 4 name=b weight=a.weight\nlinear 4 name=c weight=a.weight^T\n");
  take(3, 4, "c.weight", "", "a.weight, a.bias");
  cr_expect(is_same("b.weight"));
}
