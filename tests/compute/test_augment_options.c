#include "base/random.h"
#include "compute/augment.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

Test(augment_options, sets_are_found_by_name_and_an_unknown_name_lists_them) {
  const siam_augment_set *set = NULL;
  for (const siam_augment_set *row = siam_augment_sets; row->name != NULL; row++) {
    cr_assert_eq(siam_augment_find(row->name, &set), SIAM_OK);
    cr_expect_eq(set, row);
    cr_expect_eq(siam_augment_check(&row->options), SIAM_OK, "%s: %s", row->name, siam_last_error());
  }
  cr_assert_eq(siam_augment_find("character", &set), SIAM_ERROR_ARGUMENT);
  static const char *names[] = {"\"character\"", "none", "light", "characters", "photos"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    cr_expect_not_null(strstr(siam_last_error(), names[i]), "%s", siam_last_error());
}

Test(augment_options, text_gives_a_set_fields_or_both) {
  siam_augment_options options = {.noise = 1};
  cr_assert_eq(siam_augment_parse("none", &options), SIAM_OK);
  cr_expect_eq(options.noise, 0);
  cr_assert_eq(siam_augment_parse("rotation=15,scale=0.2", &options), SIAM_OK);
  cr_expect(options.rotation == 15 && options.scale == 0.2F && options.shift == 0);
  const siam_augment_set *set = NULL;
  cr_assert_eq(siam_augment_find("characters", &set), SIAM_OK);
  cr_assert_eq(siam_augment_parse("characters,rotation=1.5e1", &options), SIAM_OK);
  cr_expect(options.rotation == 15 && options.elastic == set->options.elastic && options.elastic > 0);
}

Test(augment_options, the_description_reads_back_to_the_same_bits) {
  siam_text text = {0};
  siam_augment_describe(&(siam_augment_options){0}, &text);
  cr_expect_str_eq(text.bytes, "none");
  siam_text_clear(&text);
  siam_augment_describe(&(siam_augment_options){.rotation = 12.5F, .shear = 0.1F}, &text);
  cr_expect_str_eq(text.bytes, "rotation=12.5,shear=0.1");
  siam_text_clear(&text);
  for (uint32_t round = 0; round < 100; round++) {
    siam_augment_options options = {0}, again = {0};
    float *fields[] = {&options.shift, &options.scale, &options.elastic, &options.noise,
                       &options.erase_largest};
    for (uint32_t i = 0; i < 5; i++)
      *fields[i] = 0.5F * siam_uniform(siam_random(round, SIAM_STREAM_SAMPLE, 0, i).word[0]);
    options.erase_largest += 0.02F;
    siam_augment_describe(&options, &text);
    cr_assert_eq(siam_augment_parse(text.bytes, &again), SIAM_OK, "%s: %s", text.bytes, siam_last_error());
    cr_assert_eq(memcmp(&options, &again, sizeof options), 0, "%s", text.bytes);
    siam_text_clear(&text);
  }
}

Test(augment_options, what_cannot_be_is_refused_and_changes_nothing) {
  static const struct {
    const char *text, *word;
  } cases[] = {
      {"", "none, light"},
      {"rotation", "characters"},
      {"rotation=", "number"},
      {"rotation=3x", "number"},
      {"rotation=3 ", "number"},
      {"rotation=nan", "number"},
      {"rotation=inf", "number"},
      {"rotation=-1", "0 to 180"},
      {"rotation=181", "0 to 180"},
      {"turn=1", "quarter_turn"},
      {"=1", "shift"},
      {"rotation=1,characters", "characters"},
      {"characters,", "none, light"},
      {"elastic_grid=2.5", "whole"},
      {"elastic_grid=9", "0 to 8"},
      {"erase_smallest=0.5,erase_largest=0.4", "erase_smallest"},
      {"erase_smallest=0.3", "erase_largest"},
      {"flip_horizontal=1.5", "0 to 1"},
      {"rotation=1,,shift=0.1", "\"\""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    siam_augment_options options = {.tone = 0.25F};
    cr_expect_eq(siam_augment_parse(cases[i].text, &options), SIAM_ERROR_ARGUMENT, "%s", cases[i].text);
    cr_expect_not_null(strstr(siam_last_error(), cases[i].word), "%s: %s", cases[i].text, siam_last_error());
    cr_expect_eq(options.tone, 0.25F);
  }
  cr_expect_eq(siam_augment_check(&(siam_augment_options){.shift = NAN}), SIAM_ERROR_ARGUMENT);
}
