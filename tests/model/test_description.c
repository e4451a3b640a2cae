#include "model/description.h"

#include "base/file.h"
#include "scratch.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static siam_network *parse(const char *text) {
  siam_network *network = NULL;
  siam_status status = siam_description_parse("test", text, NULL, &network);
  cr_assert_eq(status, SIAM_OK, "%s", siam_last_error());
  return network;
}

static void assert_refused(const char *text, const char *part) {
  siam_network *network = NULL;
  cr_assert_neq(siam_description_parse("file.txt", text, NULL, &network), SIAM_OK, "accepted: %s", text);
  cr_assert_null(network);
  cr_assert_not_null(strstr(siam_last_error(), "file.txt"), "%s", siam_last_error());
  cr_assert_not_null(strstr(siam_last_error(), part), "'%s' is not in '%s'", part, siam_last_error());
}

Test(description, every_built_in_encoder_survives_writing_and_reading) {
  for (const siam_encoder *row = siam_encoders; row->name != NULL; row++) {
    siam_network *first = parse(row->text);
    siam_text written = {0}, again = {0};
    siam_description_write(first, &written);
    siam_network *second = parse(written.bytes);
    siam_description_write(second, &again);
    cr_assert_str_eq(written.bytes, again.bytes);
    cr_assert_eq(first->count, second->count);
    for (size_t i = 0; i < first->count; i++) {
      cr_assert_str_eq(first->layers[i].name, second->layers[i].name);
      cr_assert_arr_eq(&first->layers[i].out, &second->layers[i].out, sizeof(siam_shape));
    }
    siam_text_clear(&written);
    siam_text_clear(&again);
    siam_network_destroy(first);
    siam_network_destroy(second);
  }
}

Test(description, encoders_have_the_published_shapes) {
  siam_network *koch = NULL, *lenet = NULL, *conv4 = NULL;
  cr_assert_eq(siam_encoder_build("koch", NULL, &koch), SIAM_OK);
  // Koch et al. 2015, figure 4: 64 @ 96×96, 128 @ 42×42, 128 @ 18×18, 256 @ 6×6, 9216 numbers, 4096 features.
  const siam_shape convolutions[] = {{96, 96, 64}, {42, 42, 128}, {18, 18, 128}, {6, 6, 256}};
  for (size_t i = 0, found = 0; i < koch->count; i++) {
    if (strcmp(koch->layers[i].type->name, "conv") != 0) continue;
    cr_assert_arr_eq(&koch->layers[i].out, &convolutions[found], sizeof(siam_shape));
    found++;
  }
  cr_assert_eq(siam_network_output(koch).channels, 4096);
  cr_assert_eq(siam_encoder_build("lenet", NULL, &lenet), SIAM_OK);
  cr_assert_eq(siam_network_output(lenet).channels, 2);
  siam_description_changes changes = {.size = 64, .channels = 3, .embedding = 32};
  cr_assert_eq(siam_encoder_build("conv4", &changes, &conv4), SIAM_OK);
  cr_assert_eq(conv4->input.height, 64);
  cr_assert_eq(conv4->input.channels, 3);
  cr_assert_eq(siam_network_output(conv4).channels, 32);
  cr_assert_eq(siam_network_reach(conv4), 2);
  siam_network_destroy(koch);
  siam_network_destroy(lenet);
  siam_network_destroy(conv4);
}

Test(description, the_embedding_may_be_set_however_its_line_is_written) {
  siam_network *network = NULL;
  siam_description_changes changes = {.embedding = 7};
  cr_assert_eq(siam_description_parse("test", "input 1 1 4\nlinear name=emb bias=0 features=64\nrelu\n",
                                      &changes, &network),
               SIAM_OK, "%s", siam_last_error());
  cr_expect_eq(siam_network_output(network).channels, 7);
  cr_expect_str_eq(network->layers[0].name, "emb");
  cr_expect_eq(network->layers[0].slot_count, 1);
  siam_network_destroy(network);
}

Test(description, slots_may_refer_to_parameters_of_earlier_and_later_layers) {
  siam_network *network = parse("input 1 1 10\n"
                                "linear 5 name=encode weight=decode.weight^T\n"
                                "linear 10 name=decode # its own\n");
  cr_assert_eq(network->layers[0].slots[0].parameter, network->layers[1].slots[0].parameter);
  cr_assert(network->layers[0].slots[0].transposed);
  cr_assert_not(network->layers[1].slots[0].transposed);
  siam_text written = {0};
  siam_description_write(network, &written);
  cr_assert_str_eq(written.bytes, "input 1 1 10\n"
                                  "linear 5 name=encode weight=decode.weight^T\n"
                                  "linear 10 name=decode\n");
  siam_text_clear(&written);
  siam_network_destroy(network);
}

Test(description, reach_follows_from_the_last_layer) {
  siam_network *sigmoid = parse("input 1 1 4\nlinear 9\nsigmoid\n");
  cr_assert_float_eq(siam_network_reach(sigmoid), 3, 1e-12);
  siam_network *bare = parse("input 1 1 4\nlinear 9\n");
  cr_assert(isinf(siam_network_reach(bare)));
  siam_network_destroy(sigmoid);
  siam_network_destroy(bare);
}

Test(description, mistakes_are_refused_with_the_line_and_the_reason) {
  assert_refused("", "describes no layers");
  assert_refused("conv 64 3\n", ":1");
  assert_refused("input 28 28\n", "height, width and channels");
  assert_refused("input 28 28 1\ninput 28 28 1\n", ":2");
  assert_refused("input 28 x 1\n", "'x' is not a number");
  assert_refused("input 28 0 1\n", "'0' must be a whole number");
  assert_refused("input 28 28 1\n\nconvolution 3\n", ":3: there is no layer 'convolution'");
  assert_refused("input 28 28 1\nconv\n", "'filters' must be given");
  assert_refused("input 28 28 1\nconv 64 3 1\n", "does not know '1'");
  assert_refused("input 28 28 1\nconv 64 kernels=3\n", "does not know 'kernels'");
  assert_refused("input 28 28 1\nconv 64.5 3\n", "whole number");
  assert_refused("input 28 28 1\nconv 64 29\n", "conv1");
  assert_refused("input 28 28 1\nlinear 64\n", "flatten");
  assert_refused("input 28 28 1\nrelu name=a.b\n", "cannot name a layer");
  assert_refused("input 28 28 1\nrelu name=c\xff\n", "cannot name a layer");
  assert_refused("input 1 1 4\nlinear 4 name=a\nrelu name=a\n", "two layers are called 'a'");
  assert_refused("input 1 1 4\nlinear 4\nlinear 4 weight=nobody.weight\n", ":3: no layer has a slot");
  assert_refused("input 1 1 4\nlinear 4\nlinear 3 weight=linear1.weight\n", "needs [4,3]");
  assert_refused("input 1 1 4\nlinear 3\nlinear 4 weight=linear1.weight\n", "needs [3,4]");
  assert_refused("input 1 1 4\nlinear 4\nlinear 4 weight=linear2.weight\n", "circle");
}

Test(description, sources_other_than_the_line_before_are_written_as_they_are_read) {
  static const char text[] =
      "input 8 8 3\nconv 4 pad=1\nbatch_norm name=body\nconv 4 1 from=input\n"
      "batch_norm\nadd body\nrelu\nconv 4 1 pad=0 from=body name=late\nadd relu1\nadd late\n";
  siam_network *network = NULL, *again = NULL;
  siam_text first = {0}, second = {0};
  cr_assert_eq(siam_description_parse("a", text, NULL, &network), SIAM_OK, "%s", siam_last_error());
  cr_expect_eq(network->layers[2].from, SIAM_SOURCE_INPUT);
  cr_expect_eq(network->layers[4].from, 3);
  cr_expect_eq(network->layers[4].other, 1);
  cr_expect_eq(network->layers[6].from, 1);
  siam_description_write(network, &first);
  cr_expect_not_null(strstr(first.bytes, "\nconv 4 1 from=input\n"), "%s", first.bytes);
  cr_expect_not_null(strstr(first.bytes, "\nadd body\n"), "%s", first.bytes);
  cr_expect_not_null(strstr(first.bytes, "\nconv 4 1 from=body name=late\n"), "%s", first.bytes);
  cr_assert_eq(siam_description_parse("b", first.bytes, NULL, &again), SIAM_OK, "%s", siam_last_error());
  siam_description_write(again, &second);
  cr_expect_str_eq(first.bytes, second.bytes);
  siam_text_clear(&first);
  siam_text_clear(&second);
  siam_network_destroy(network);
  siam_network_destroy(again);
}

Test(description, sources_that_cannot_be_are_refused_with_their_line) {
  assert_refused("input 1 1 4\nlinear 4\nadd\n", ":3: 'add' takes the name of an earlier layer");
  assert_refused("input 1 1 4\nlinear 4\nadd nobody\n", ":3: no layer before this one is called 'nobody'");
  assert_refused("input 1 1 4\nlinear 4\nadd add1\n", ":3: no layer before this one is called 'add1'");
  assert_refused("input 1 1 4\nlinear 4 from=linear2\nlinear 4\n", ":2: no layer before this one");
  assert_refused("input 1 1 4\nlinear 3\nadd input\n", "gives 1×1×3 and 'input' 1×1×4");
  assert_refused("input 1 1 4\nlinear 4\nadd input input\n", "'add' does not know 'input'");
  assert_refused("input 1 1 4\nlinear 4\nlinear 4 from=input\n", "nothing reads the output of 'linear1'");
}

Test(description, an_unknown_encoder_names_those_there_are) {
  siam_network *network = NULL;
  cr_assert_eq(siam_encoder_build("no-such-encoder", NULL, &network), SIAM_ERROR_ARGUMENT);
  cr_assert_not_null(strstr(siam_last_error(), "conv4, resnet8, resnet12, lenet, koch"));
}

Test(description, a_file_is_read_and_a_binary_one_refused) {
  char *folder = siam_scratch_create();
  const char *text = siam_scratch_path(folder, "tiny.txt"), *binary = siam_scratch_path(folder, "binary");
  siam_file_replace(text, "input 8 8 1\nflatten\nlinear 4\n", strlen("input 8 8 1\nflatten\nlinear 4\n"));
  siam_file_replace(binary, "input\0", 6);
  siam_network *network = NULL;
  cr_assert_eq(siam_encoder_build(text, NULL, &network), SIAM_OK, "%s", siam_last_error());
  siam_network_destroy(network);
  cr_assert_eq(siam_encoder_build(binary, NULL, &network), SIAM_ERROR_FORMAT);
  siam_scratch_remove(folder);
}

Test(description, what_is_written_leaves_out_what_is_standard) {
  static const char text[] = "input 28 28 1\nconv 64 3 pad=1 bias=0\nbatch_norm epsilon=0.001\n"
                             "leaky_relu 0.2\nmax_pool 3 stride=2\nflatten\ndropout 0.25\n"
                             "linear 64 name=head\nl2_normalize\n";
  siam_network *network = parse(text);
  siam_text written = {0};
  siam_description_write(network, &written);
  cr_assert_str_eq(written.bytes, text);
  siam_text_clear(&written);
  siam_network_destroy(network);
}

Test(description, remarks_blank_lines_and_carriage_returns_mean_nothing) {
  siam_network *network =
      parse("# a remark\n\n  input 8 8 1   # its input\r\n\tconv 4   3 # filters\r\n\r\nrelu");
  cr_assert_eq(network->count, 2);
  cr_assert_eq(network->layers[0].out.height, 6);
  cr_assert_eq(network->layers[1].out.channels, 4);
  siam_network_destroy(network);
}

static const siam_slot *slot(const siam_network *network, const char *name) {
  siam_slot *found = NULL;
  cr_assert_eq(siam_network_slot(network, name, &found), SIAM_OK, "%s", siam_last_error());
  return found;
}

Test(description, slots_may_refer_through_one_another_in_any_order) {
  siam_network *network = parse("input 1 1 4\nlinear 4 name=a weight=b.weight\n"
                                "linear 4 name=b weight=c.weight^T\nlinear 4 name=c\n");
  cr_assert_eq(slot(network, "a.weight")->parameter, slot(network, "c.weight")->parameter);
  cr_assert_eq(slot(network, "b.weight")->parameter, slot(network, "c.weight")->parameter);
  cr_assert(slot(network, "a.weight")->transposed);
  cr_assert(slot(network, "b.weight")->transposed);
  cr_assert_not(slot(network, "c.weight")->transposed);
  siam_network_destroy(network);
  assert_refused("input 1 1 4\nlinear 4 weight=linear2.weight\nlinear 4 weight=linear1.weight\n", "circle");
}

Test(description, a_bias_is_an_option_as_a_number_and_a_slot_as_a_name) {
  siam_network *network =
      parse("input 1 1 4\nlinear 4 name=a\nlinear 4 name=b bias=a.bias\nlinear 4 name=c bias=0\n");
  cr_assert_eq(slot(network, "a.bias")->parameter, slot(network, "b.bias")->parameter);
  cr_assert_eq(network->layers[2].slot_count, 1);
  siam_network_destroy(network);
}

Test(description, overlong_lines_are_refused_and_not_cut) {
  siam_text text = {0};
  siam_text_add(&text, "input 8 8 1\nrelu%1200sname=x\n", "");
  assert_refused(text.bytes, ":2: longer than");
  siam_text_clear(&text);
  siam_text_add(&text, "input 8 8 1\nconv 4");
  for (int i = 0; i < 40; i++) siam_text_add(&text, " pad=1");
  assert_refused(text.bytes, ":2: more than 24 words");
  siam_text_clear(&text);
}

/// Trained floats of an encoder as it is.
static size_t weights_of(const char *name) {
  siam_network *network = NULL;
  size_t sum = 0;
  cr_assert_eq(siam_encoder_build(name, NULL, &network), SIAM_OK, "%s", siam_last_error());
  for (size_t p = 0; p < network->store.count; p++)
    if (network->store.parameters[p].kind != SIAM_PARAMETER_STATE) sum += network->store.parameters[p].count;
  siam_network_destroy(network);
  return sum;
}

Test(description, encoders_have_the_published_numbers_of_weights) {
  // Three 3×3×64×64 convolutions behind one of 3×3×1×64, biases, scales and shifts, and 64 × 64 + 64.
  cr_assert_eq(weights_of("conv4"), 9 * 64 + 3 * 9 * 64 * 64 + 4 * 3 * 64 + 64 * 64 + 64);
  // Convolutions without biases, each with a scale and a shift a filter; shortcuts of 1×1; an exponent.
  cr_assert_eq(weights_of("resnet8"), 9 * 64 + 2 * 9 * 64 * 64 + 9 * 64 * 128 + 9 * 128 * 128 + 64 * 128 +
                                          9 * 128 * 256 + 9 * 256 * 256 + 128 * 256 +
                                          2 * (3 * 64 + 3 * 128 + 3 * 256) + 1 + 256 * 64 + 64);
  size_t resnet12 = 256 * 64 + 64;
  for (size_t in = 1, out = 32; out <= 256; in = out, out *= 2)
    resnet12 += 9 * in * out + 2 * 9 * out * out + in * out + 4 * 2 * out;
  cr_assert_eq(weights_of("resnet12"), resnet12);
  // 5·5·20 + 5·5·20·50, 800 → 500 → 10 → 2, with biases.
  cr_assert_eq(weights_of("lenet"), 500 + 20 + 25000 + 50 + 400000 + 500 + 5000 + 10 + 20 + 2);
  // Figure 4 of Koch et al. 2015: 9216 → 4096 behind the convolutions.
  cr_assert_eq(weights_of("koch"), 100 * 64 + 64 + 49 * 64 * 128 + 128 + 16 * 128 * 128 + 128 +
                                       16 * 128 * 256 + 256 + 9216 * 4096 + 4096);
}
