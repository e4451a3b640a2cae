#include "data/sampler.h"
#include "sets.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static siam_dataset *dataset;
static siam_sampler *sampler;
static void end(void) {
  siam_sampler_destroy(sampler);
  siam_dataset_destroy(dataset);
}
TestSuite(sampler, .fini = end);

static siam_sampler *make(siam_sampler_options options) {
  siam_sampler *made = NULL;
  cr_assert_eq(siam_sampler_create(dataset, &options, &made), SIAM_OK, "%s", siam_last_error());
  return made;
}

static siam_batch get(siam_sampler *from, uint64_t step) {
  siam_batch batch;
  cr_assert_eq(siam_sampler_get(from, step, &batch), SIAM_OK);
  return batch;
}

static uint32_t class_of(uint32_t image) {
  return siam_dataset_get_image_class(dataset, image);
}

static const uint32_t mixed_sizes[] = {4, 1, 3, 7, 2, 1, 5};
enum { MIXED = 7, MIXED_IMAGES = 23, MIXED_SEVERAL = 5 };

// Pairs

Test(sampler, half_of_the_pairs_are_same_and_no_picture_meets_itself) {
  dataset = siam_test_classes(mixed_sizes, NULL, MIXED);
  sampler = make((siam_sampler_options){.pairs = 8, .seed = 1});
  for (uint64_t step = 0; step < 300; step++) {
    siam_batch batch = get(sampler, step);
    cr_assert_eq(batch.image_count, 16);
    int same = 0;
    for (int i = 0; i < 8; i++) {
      uint32_t a = batch.images[i], b = batch.images[8 + i];
      same += batch.same[i];
      cr_assert_neq(a, b);
      cr_assert_eq(class_of(a) == class_of(b), batch.same[i]);
      cr_assert_eq(batch.same[i], i % 2 == 0, "by turns, the first is same");
      cr_assert_eq(batch.classes[i], class_of(a));
      cr_assert_eq(batch.classes[8 + i], class_of(b));
    }
    cr_assert_eq(same, 4);
  }
}

Test(sampler, an_odd_batch_is_half_same_over_two_steps) {
  dataset = siam_test_classes(mixed_sizes, NULL, MIXED);
  sampler = make((siam_sampler_options){.pairs = 5, .seed = 1});
  int same = 0;
  for (uint64_t step = 0; step < 2; step++) {
    siam_batch batch = get(sampler, step);
    for (int i = 0; i < 5; i++) same += batch.same[i];
  }
  cr_assert_eq(same, 5);
}

Test(sampler, same_pairs_use_every_picture_of_a_class_before_any_again) {
  dataset = siam_test_classes(mixed_sizes, NULL, MIXED);
  // One step is one walk over the five classes that have several pictures, so step v is each class's visit v.
  sampler = make((siam_sampler_options){.pairs = 2 * MIXED_SEVERAL, .seed = 9});
  uint32_t seen[MIXED_IMAGES] = {0}, visits[MIXED] = {0};
  for (uint64_t step = 0; step < 24; step++) {
    siam_batch batch = get(sampler, step);
    for (uint32_t i = 0; i < 2 * MIXED_SEVERAL; i++) {
      if (!batch.same[i]) continue;
      uint32_t c = class_of(batch.images[i]), size = mixed_sizes[c];
      seen[batch.images[i]]++;
      seen[batch.images[2 * MIXED_SEVERAL + i]]++;
      visits[c]++;
      if (visits[c] % ((size + 1) / 2) != 0) continue;
      // A walk has ended: each picture was seen once, and of an odd number one of them twice.
      uint32_t images = 0, sum = 0;
      const uint32_t *members = siam_dataset_get_class_images(dataset, c, &images);
      for (uint32_t k = 0; k < images; k++) {
        cr_assert(seen[members[k]] == 1 || (size % 2 == 1 && seen[members[k]] == 2));
        sum += seen[members[k]];
        seen[members[k]] = 0;
      }
      cr_assert_eq(sum, size + size % 2);
    }
  }
  for (uint32_t c = 0; c < MIXED; c++) cr_assert_eq(visits[c], mixed_sizes[c] > 1 ? 24 : 0);
}

Test(sampler, different_pairs_use_every_class_and_every_picture) {
  dataset = siam_test_classes(mixed_sizes, NULL, MIXED);
  // Four different pairs are one walk over the seven classes, one of which comes twice.
  sampler = make((siam_sampler_options){.pairs = 8, .seed = 4});
  uint32_t images[MIXED_IMAGES] = {0};
  for (uint64_t step = 0; step < 7; step++) {
    uint32_t classes[MIXED] = {0};
    siam_batch batch = get(sampler, step);
    for (int i = 0; i < 8; i++) {
      if (batch.same[i]) continue;
      for (int side = 0; side < 2; side++) {
        classes[class_of(batch.images[8 * side + i])]++;
        images[batch.images[8 * side + i]]++;
      }
    }
    int twice = 0;
    for (int c = 0; c < MIXED; c++) {
      cr_assert(classes[c] == 1 || classes[c] == 2);
      twice += classes[c] == 2;
    }
    cr_assert_eq(twice, 1);
  }
  // Seven walks are enough for the largest class, of seven pictures, singletons included.
  for (int i = 0; i < MIXED_IMAGES; i++) cr_assert_geq(images[i], 1);
}

Test(sampler, a_step_is_the_same_whatever_was_asked_before) {
  dataset = siam_test_classes(mixed_sizes, NULL, MIXED);
  siam_sampler_options options = {.pairs = 6, .seed = 11, .within_parent_percent = 30};
  sampler = make(options);
  for (uint64_t step = 0; step < 200; step++) get(sampler, step);
  static const uint64_t steps[] = {200, 7, 0, 100000, 199, 3000000000};
  for (int i = 0; i < 6; i++) {
    siam_sampler *fresh = make(options);
    siam_batch batch = get(sampler, steps[i]), again = get(fresh, steps[i]);
    cr_assert_arr_eq(batch.images, again.images, 12 * sizeof(uint32_t));
    cr_assert_arr_eq(batch.same, again.same, 6);
    siam_sampler_destroy(fresh);
  }
}

Test(sampler, another_seed_gives_other_pairs_and_another_batch_size_the_same_sequence) {
  dataset = siam_test_classes(mixed_sizes, NULL, MIXED);
  sampler = make((siam_sampler_options){.pairs = 12, .seed = 11});
  siam_sampler *other = make((siam_sampler_options){.pairs = 12, .seed = 12});
  siam_sampler *smaller = make((siam_sampler_options){.pairs = 4, .seed = 11});
  siam_batch batch = get(sampler, 1);
  cr_assert_arr_neq(batch.images, get(other, 1).images, 24 * sizeof(uint32_t));
  for (int part = 0; part < 3; part++) {
    siam_batch piece = get(smaller, 3 + part);
    cr_assert_arr_eq(batch.images + 4 * part, piece.images, 4 * sizeof(uint32_t));
    cr_assert_arr_eq(batch.images + 12 + 4 * part, piece.images + 4, 4 * sizeof(uint32_t));
  }
  siam_sampler_destroy(other);
  siam_sampler_destroy(smaller);
}

static const uint32_t alphabet_sizes[] = {3, 3, 3, 3, 3, 3, 3, 3, 3};
static const uint32_t alphabet_parents[] = {0, 0, 0, 0, 1, 1, 1, 2, 0};

static uint32_t parent_of(uint32_t image) {
  return siam_dataset_get_class_parent(dataset, class_of(image));
}

Test(sampler, the_asked_share_of_different_pairs_stays_within_a_parent) {
  dataset = siam_test_classes(alphabet_sizes, alphabet_parents, 9);
  for (uint32_t percent = 0; percent <= 100; percent += 25) {
    siam_sampler *some =
        make((siam_sampler_options){.pairs = 10, .seed = 5, .within_parent_percent = percent});
    int within = 0, seen[9] = {0};
    for (uint64_t step = 0; step < 40; step++) {
      siam_batch batch = get(some, step);
      for (int i = 0; i < 10; i++) {
        if (batch.same[i]) continue;
        cr_assert_neq(batch.classes[i], batch.classes[10 + i]);
        within += parent_of(batch.images[i]) == parent_of(batch.images[10 + i]);
        seen[batch.classes[i]]++;
        seen[batch.classes[10 + i]]++;
      }
    }
    // 200 different pairs; those not asked to be within a parent may be so by chance.
    cr_assert_geq(within, 2 * (int)percent);
    if (percent == 100) cr_assert_eq(within, 200);
    if (percent == 0) cr_assert_lt(within, 160);
    for (int c = 0; c < 9; c++) cr_assert_eq(seen[c] > 0, percent < 100 || c != 7, "class %d", c);
    siam_sampler_destroy(some);
  }
}

Test(sampler, a_pair_set_is_walked_pair_by_pair) {
  static const siam_pair pairs[] = {{0, 1, true}, {2, 3, true}, {4, 5, true}, {1, 2, false}, {3, 4, false}};
  dataset = siam_test_pairs(6, pairs, 5);
  sampler = make((siam_sampler_options){.pairs = 12, .seed = 3});
  // Six of each kind: two walks over the same, three over the different pairs.
  siam_batch batch = get(sampler, 0);
  int seen[5] = {0};
  for (int i = 0; i < 12; i++)
    for (int p = 0; p < 5; p++)
      seen[p] += batch.images[i] == pairs[p].a && batch.images[12 + i] == pairs[p].b &&
                 batch.same[i] == pairs[p].same;
  static const int expected[] = {2, 2, 2, 3, 3};
  cr_assert_arr_eq(seen, expected, sizeof seen);
  cr_assert_eq(batch.classes[0], SIAM_NO_CLASS);
}

// Classes

Test(sampler, a_batch_of_classes_has_so_many_of_each) {
  uint32_t sizes[20];
  for (int c = 0; c < 20; c++) sizes[c] = 6;
  dataset = siam_test_classes(sizes, NULL, 20);
  sampler = make((siam_sampler_options){SIAM_SAMPLE_CLASSES, .classes = 5, .images_per_class = 4, .seed = 2});
  int images[120] = {0};
  for (uint64_t walk = 0; walk < 3; walk++) {
    int classes[20] = {0};
    for (uint64_t part = 0; part < 4; part++) {
      siam_batch batch = get(sampler, 4 * walk + part);
      cr_assert_eq(batch.image_count, 20);
      cr_assert_null(batch.same);
      for (int i = 0; i < 20; i++) {
        cr_assert_eq(batch.classes[i], batch.classes[i / 4 * 4]);
        for (int j = 0; j < i; j++) cr_assert_neq(batch.images[i], batch.images[j]);
        classes[batch.classes[i]]++;
        images[batch.images[i]]++;
      }
    }
    for (int c = 0; c < 20; c++) cr_assert_eq(classes[c], 4);
  }
  // Two visits of four go through the six pictures, two of them seen twice.
  for (int i = 0; i < 120; i++) cr_assert(images[i] >= 1 && images[i] <= 3);
}

Test(sampler, classes_with_too_few_pictures_never_repeat_one_in_a_batch) {
  dataset = siam_test_classes(mixed_sizes, NULL, MIXED);
  // min(4, n) over the classes: 4 + 1 + 3 + 4 + 2 + 1 + 4 = 19 pictures to a walk, two batches of 12.
  siam_sampler_options options = {SIAM_SAMPLE_CLASSES, .classes = 3, .images_per_class = 4, .seed = 8};
  sampler = make(options);
  int images[MIXED_IMAGES] = {0};
  for (uint64_t step = 0; step < 4; step++) {
    siam_batch batch = get(sampler, step);
    cr_assert_eq(batch.image_count, 12);
    for (int i = 0; i < 12; i++) {
      images[batch.images[i]]++;
      for (int j = 0; j < i; j++) cr_assert_neq(batch.images[i], batch.images[j]);
    }
  }
  // Two walks; the class of seven gives four at a visit.
  for (int i = 0; i < MIXED_IMAGES; i++) cr_assert_geq(images[i], 1, "picture %d", i);
  siam_sampler *fresh = make(options);
  siam_batch late = get(fresh, 1001);
  uint32_t kept[12];
  memcpy(kept, late.images, sizeof kept);
  for (uint64_t step = 0; step < 1001; step++) get(sampler, step);
  cr_assert_arr_eq(kept, get(sampler, 1001).images, sizeof kept);
  siam_sampler_destroy(fresh);
}

Test(sampler, a_batch_within_parents_has_neighbours_of_one_parent) {
  dataset = siam_test_classes(alphabet_sizes, alphabet_parents, 9);
  sampler = make((siam_sampler_options){SIAM_SAMPLE_CLASSES, .classes = 9, .images_per_class = 2, .seed = 6,
                                        .within_parent_percent = 100});
  for (uint64_t step = 0; step < 5; step++) {
    siam_batch batch = get(sampler, step);
    // All nine classes are in the batch; grouped, the parent changes only twice.
    int changes = 0;
    for (int i = 1; i < 18; i++) changes += parent_of(batch.images[i]) != parent_of(batch.images[i - 1]);
    cr_assert_eq(changes, 2);
  }
}

Test(sampler, what_cannot_be_sampled_is_refused) {
  siam_sampler *none = NULL;
  dataset = siam_test_classes(mixed_sizes, NULL, MIXED);
  static const siam_sampler_options bad[] = {{.pairs = 0},
                                             {.pairs = 4, .within_parent_percent = 101},
                                             {SIAM_SAMPLE_CLASSES, .classes = 0, .images_per_class = 4},
                                             {SIAM_SAMPLE_CLASSES, .classes = 5, .images_per_class = 4}};
  for (int i = 0; i < 4; i++)
    cr_assert_eq(siam_sampler_create(dataset, &bad[i], &none),
                 i == 3 ? SIAM_ERROR_DATA : SIAM_ERROR_ARGUMENT);
  cr_assert_not_null(strstr(siam_last_error(), "needs 20 pictures, but its 7 classes can give 19"));
  siam_dataset_destroy(dataset);
  static const uint32_t singles[] = {1, 1, 1};
  dataset = siam_test_classes(singles, NULL, 3);
  cr_assert_eq(siam_sampler_create(dataset, &(siam_sampler_options){.pairs = 4}, &none), SIAM_ERROR_DATA);
  cr_assert_null(none);
}

Test(sampler, options_are_fitted_to_what_the_data_can_fill) {
  static const struct {
    uint32_t sizes[4], classes, per_class;
  } cases[] = {{{2, 2, 0, 0}, 2, 2}, {{2, 1, 1, 1}, 2, 2}, {{9, 9, 9, 9}, 4, 4}, {{9, 3, 3, 3}, 3, 4}};
  for (int i = 0; i < 4; i++) {
    siam_dataset_destroy(dataset);
    dataset = siam_test_classes(cases[i].sizes, NULL, i == 0 ? 2 : 4);
    siam_sampler_options options = {SIAM_SAMPLE_CLASSES, .classes = 32, .images_per_class = 4, .seed = 1};
    siam_sampler_fit(dataset, &options);
    cr_assert_eq(options.classes, cases[i].classes, "case %d: %u", i, options.classes);
    cr_assert_eq(options.images_per_class, cases[i].per_class, "case %d: %u", i, options.images_per_class);
    siam_sampler_destroy(make(options));
  }
}

Test(sampler, an_epoch_is_as_many_steps_as_it_takes_for_all_pictures) {
  dataset = siam_test_classes(mixed_sizes, NULL, MIXED);
  sampler = make((siam_sampler_options){.pairs = 4, .seed = 1});
  cr_assert_eq(siam_sampler_epoch_steps(sampler), 3);
}

// Single pictures

Test(sampler, single_pictures_are_all_seen_before_one_comes_again) {
  dataset = siam_test_classes(mixed_sizes, NULL, MIXED);
  // Batches that do not divide the walks, and one that is larger than a walk.
  for (uint32_t size = 1; size <= 30; size += 7) {
    siam_sampler_options options = {.mode = SIAM_SAMPLE_PICTURES, .pictures = size, .seed = 3};
    sampler = make(options);
    uint32_t seen[MIXED_IMAGES] = {0}, pictures = 0;
    bool shuffled = false;
    for (uint64_t step = 0; step < 60; step++) {
      siam_batch batch = get(sampler, step);
      cr_assert_eq(batch.image_count, size);
      cr_assert_null(batch.same);
      for (uint32_t i = 0; i < size; i++) {
        uint32_t image = batch.images[i];
        cr_assert_eq(seen[image], pictures / MIXED_IMAGES, "picture %u", image);
        cr_assert_eq(batch.classes[i], class_of(image));
        shuffled = shuffled || image != pictures % MIXED_IMAGES;
        seen[image]++;
        pictures++;
      }
    }
    cr_expect(shuffled);
    cr_expect_eq(siam_sampler_epoch_steps(sampler), (MIXED_IMAGES + size - 1) / size);
    // Any step may be asked for first.
    siam_sampler *other = make(options);
    siam_batch late = get(other, 59), again = get(sampler, 59);
    cr_expect_arr_eq(late.images, again.images, size * sizeof *late.images);
    siam_sampler_destroy(other);
    siam_sampler_destroy(sampler);
    sampler = NULL;
  }
}
