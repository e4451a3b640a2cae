#include "base/random.h"
#include "device/arena.h"

#include <criterion/criterion.h>

static bool overlap(const siam_arena_tensor *a, const siam_arena_tensor *b) {
  return a->offset < b->offset + b->count && b->offset < a->offset + a->count;
}

Test(arena, tensors_alive_together_never_share_memory) {
  for (uint32_t round = 0; round < 50; round++) {
    siam_arena arena = {0};
    uint32_t count = 60;
    for (uint32_t i = 0; i < count; i++) {
      siam_draw draw = siam_random(round, SIAM_STREAM_SAMPLE, 0, i);
      unsigned number = siam_arena_add(&arena, 1 + siam_below(draw.word[0], 1000));
      size_t born = 1 + siam_below(draw.word[1], 100);
      siam_arena_use(&arena, number, born);
      siam_arena_use(&arena, number, born + siam_below(draw.word[2], 20));
      if (siam_below(draw.word[3], 10) == 0) siam_arena_keep(&arena, number);
    }
    size_t floats = 0, size = 0, separate = 0;
    cr_assert_eq(siam_arena_lay_out(&arena, 120, &floats), SIAM_OK);
    siam_arena_size(&arena, &size, &separate);
    cr_assert_eq(size, floats);
    cr_assert_lt(floats, separate);
    for (uint32_t i = 0; i < count; i++) {
      const siam_arena_tensor *a = &arena.tensors[i];
      cr_assert_leq(a->offset + a->count, floats);
      for (uint32_t j = 0; j < i; j++) {
        const siam_arena_tensor *b = &arena.tensors[j];
        bool together = a->first_use <= b->last_use && b->first_use <= a->last_use;
        cr_assert(!together || !overlap(a, b));
      }
    }
    siam_arena_clear(&arena);
  }
}

Test(arena, a_chain_needs_the_two_largest_neighbours_only) {
  siam_arena arena = {0};
  for (unsigned i = 0; i < 10; i++) {
    siam_arena_add(&arena, 160);
    siam_arena_use(&arena, i, i + 1);
    siam_arena_use(&arena, i, i + 2);
  }
  size_t floats = 0;
  cr_assert_eq(siam_arena_lay_out(&arena, 11, &floats), SIAM_OK);
  cr_assert_eq(floats, 320);
  siam_arena_clear(&arena);
}

Test(arena, an_unused_tensor_takes_no_room) {
  siam_arena arena = {0};
  siam_arena_add(&arena, 1000);
  size_t floats = 1;
  cr_assert_eq(siam_arena_lay_out(&arena, 5, &floats), SIAM_OK);
  cr_assert_eq(floats, 0);
  siam_arena_clear(&arena);
}

Test(arena, a_kept_tensor_lives_from_the_first_command_to_the_last) {
  siam_arena arena = {0};
  for (unsigned i = 0; i < 3; i++) siam_arena_add(&arena, 160);
  siam_arena_use(&arena, 0, 1); // before the kept one is used, and after
  siam_arena_keep(&arena, 1);
  siam_arena_use(&arena, 1, 2);
  siam_arena_use(&arena, 2, 3);
  size_t floats = 0;
  cr_assert_eq(siam_arena_lay_out(&arena, 3, &floats), SIAM_OK);
  cr_expect_not(overlap(&arena.tensors[0], &arena.tensors[1]));
  cr_expect_not(overlap(&arena.tensors[2], &arena.tensors[1]));
  cr_expect_eq(floats, 320, "the other two share");
  siam_arena_clear(&arena);
}
