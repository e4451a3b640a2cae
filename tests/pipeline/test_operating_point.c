#include "base/memory.h"
#include "base/random.h"
#include "pipeline/operating_point.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

/// Half same pairs at distances around 0.5, half different ones around 1.
static siam_ranking draw(size_t count) {
  siam_ranking ranking = {0};
  float *distances = siam_allocate(count, sizeof *distances);
  uint8_t *same = siam_allocate(count, 1);
  for (size_t i = 0; i < count; i++) {
    siam_draw words = siam_random(9, SIAM_STREAM_EVALUATE, 0, i);
    same[i] = i % 2;
    distances[i] = (same[i] ? 0.5f : 1.0f) + 0.15f * siam_normal(words.word[0], words.word[1]);
  }
  cr_assert_eq(siam_ranking_create(distances, same, count, &ranking), SIAM_OK);
  siam_free(distances);
  siam_free(same);
  return ranking;
}

Test(operating_point, states_what_its_threshold_does) {
  siam_ranking ranking = draw(200000);
  siam_operating_points points;
  cr_assert_eq(siam_operating_points_fit(&ranking, 0, &points), SIAM_OK);
  cr_assert_eq(points.count, 4);
  cr_assert_eq(points.unsupported_count, 0);
  const char *const names[] = {"best accuracy", "far 1e-2", "far 1e-3", "far 1e-4"};
  for (uint32_t i = 0; i < points.count; i++) {
    const siam_operating_point *point = &points.points[i];
    siam_confusion counts = siam_confusion_at(&ranking, point->threshold);
    cr_assert_str_eq(point->name, names[i]);
    cr_assert_eq(point->far, (double)counts.different_accepted / 100000);
    cr_assert_eq(point->tar, (double)counts.same_accepted / 100000);
    cr_assert_eq(point->same_pairs, 100000);
    cr_assert_eq(point->different_pairs, 100000);
    cr_assert(point->far_low < point->far && point->far < point->far_high);
    if (i == 0) continue;
    cr_assert_leq(point->far, point->rate);
    cr_assert_lt(point->threshold, points.points[i - 1].threshold);
  }
  // The distances are continuous, so each rate is used up, and the best threshold stands half way.
  cr_assert_eq(points.points[1].far, 1e-2);
  cr_assert_eq(points.points[3].far, 1e-4);
  cr_assert_float_eq(points.points[0].threshold, 0.75, 0.02);
  siam_ranking_clear(&ranking);
}

Test(operating_point, a_rate_that_the_pairs_cannot_support_is_left_out_and_named) {
  siam_ranking ranking = draw(4000);
  siam_operating_points points;
  cr_assert_eq(siam_operating_points_fit(&ranking, 0, &points), SIAM_OK);
  cr_assert_eq(points.count, 2);
  cr_assert_eq(points.unsupported_count, 2);
  cr_assert_eq(points.unsupported[0], 1e-3);
  cr_assert_eq(points.unsupported[1], 1e-4);
  siam_ranking_clear(&ranking);
}

Test(operating_point, another_rate_stands_among_the_standard_ones_and_a_standard_one_is_there_once) {
  static const struct {
    double wanted;
    uint32_t count, place;
    const char *name;
  } cases[] = {{0.05, 5, 1, "far 0.05"},
               {5e-4, 5, 3, "far 0.0005"},
               {2e-4, 5, 3, "far 0.0002"},
               {1e-3, 4, 2, "far 1e-3"},
               {1e-5, 4, 0, NULL}};
  siam_ranking ranking = draw(200000);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    siam_operating_points points;
    cr_assert_eq(siam_operating_points_fit(&ranking, cases[i].wanted, &points), SIAM_OK);
    cr_assert_eq(points.count, cases[i].count);
    for (uint32_t k = 2; k < points.count; k++)
      cr_assert_lt(points.points[k].rate, points.points[k - 1].rate);
    if (cases[i].name == NULL) {
      // 100,000 different pairs are a tenth of what this rate takes.
      cr_assert_eq(points.unsupported[points.unsupported_count - 1], cases[i].wanted);
      continue;
    }
    const siam_operating_point *point = &points.points[cases[i].place];
    cr_assert_str_eq(point->name, cases[i].name);
    cr_assert_eq(point->rate, cases[i].wanted);
    cr_assert_float_eq(point->far, cases[i].wanted, 1e-5 / 2);
  }
  siam_ranking_clear(&ranking);
}

Test(operating_point, is_found_by_its_rate_or_the_others_are_named) {
  siam_ranking ranking = draw(20000);
  siam_operating_points points;
  const siam_operating_point *point = NULL;
  cr_assert_eq(siam_operating_points_fit(&ranking, 0, &points), SIAM_OK);
  cr_assert_eq(siam_operating_points_find(&points, 0, &point), SIAM_OK);
  cr_assert_eq(point, &points.points[0]);
  cr_assert_eq(siam_operating_points_find(&points, 0.001, &point), SIAM_OK);
  cr_assert_eq(point, &points.points[2]);
  cr_assert_eq(siam_operating_points_find(&points, 0.05, &point), SIAM_ERROR_DATA);
  cr_assert_not_null(strstr(siam_last_error(), "0.05; it has 0.01, 0.001"), "%s", siam_last_error());
  points.count = 1;
  cr_assert_eq(siam_operating_points_find(&points, 0.01, &point), SIAM_ERROR_DATA);
  cr_assert_not_null(strstr(siam_last_error(), "none for any rate"));
  siam_ranking_clear(&ranking);
}

Test(operating_point, what_is_written_comes_back_to_the_bit) {
  siam_ranking ranking = draw(20000);
  siam_operating_points points, back;
  siam_text json = {0};
  cr_assert_eq(siam_operating_points_fit(&ranking, 0, &points), SIAM_OK);
  cr_assert_eq(siam_operating_points_write(&points, &json), SIAM_OK);
  cr_assert_eq(siam_operating_points_parse("m", json.bytes, &back), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(back.count, points.count);
  cr_assert_eq(back.unsupported_count, 0);
  cr_assert_arr_eq(back.points, points.points, points.count * sizeof *points.points);
  siam_text_clear(&json);
  siam_ranking_clear(&ranking);
}

Test(operating_point, what_is_not_finite_is_not_written) {
  siam_operating_points points = {.count = 1, .points = {{.threshold = INFINITY}}};
  siam_text json = {0};
  cr_assert_eq(siam_operating_points_write(&points, &json), SIAM_ERROR_NUMERIC);
  siam_text_clear(&json);
}

/// The sound list with `from` replaced by `to`.
static void refuse_with(const char *from, const char *to) {
  const char *const sound =
      "[{\"name\":\"far 1e-2\",\"rate\":0.01,\"threshold\":0.5,\"far\":0.009,\"far_low\":0.008,"
      "\"far_high\":0.011,\"tar\":0.75,\"same_pairs\":10,\"different_pairs\":20}]";
  const char *place = strstr(sound, from);
  siam_text json = {0};
  siam_operating_points back = {.count = 77};
  cr_assert_eq(siam_operating_points_parse("m", sound, &(siam_operating_points){0}), SIAM_OK);
  siam_text_add(&json, "%.*s%s%s", (int)(place - sound), sound, to, place + strlen(from));
  cr_assert_eq(siam_operating_points_parse("some.model", json.bytes, &back), SIAM_ERROR_FORMAT, "%s",
               json.bytes);
  cr_assert_not_null(strstr(siam_last_error(), "some.model"));
  cr_assert_eq(back.count, 77);
  siam_text_clear(&json);
}

Test(operating_point, everything_unsound_is_refused_with_the_files_name) {
  refuse_with("\"tar\":0.75,", "");
  refuse_with("\"tar\":0.75", "\"tar\":1.5");
  refuse_with("\"tar\":0.75", "\"tar\":\"1\"");
  refuse_with("\"tar\":0.75", "\"tar\":0.75,\"more\":1");
  refuse_with("\"rate\":0.01", "\"rate\":-0.01");
  refuse_with("\"far\":0.009", "\"far\":0.02");
  refuse_with("\"far\":0.009", "\"far\":0.001");
  refuse_with("\"same_pairs\":10", "\"same_pairs\":-10");
  refuse_with("\"same_pairs\":10", "\"same_pairs\":1.5");
  refuse_with("far 1e-2", "a name that is longer than any that is given to one");
  refuse_with("\"threshold\":0.5", "\"threshold\":1e400");
  refuse_with("[{", "[{},{");
  refuse_with("]", "");
  siam_operating_points back;
  cr_assert_eq(siam_operating_points_parse("m", "[]", &back), SIAM_ERROR_FORMAT);
  cr_assert_eq(siam_operating_points_parse("m", "{}", &back), SIAM_ERROR_FORMAT);
}
