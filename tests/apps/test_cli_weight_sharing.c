#include "command.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char sabotaged[] = SIAMESE_BINARY_DIR "/tests/sabotaged_weight_sharing";
static const char *const systems[] = {"standard", "tied", "shared", "embedding", "siamese"};
enum { SYSTEMS = sizeof systems / sizeof systems[0] };

static json_t *parse(const siam_command_result *result) {
  json_error_t error;
  json_t *object = json_loads(result->out, JSON_REJECT_DUPLICATES, &error);
  cr_assert_not_null(object, "%s in: %s", error.text, result->out);
  return object;
}

static json_t *run_json(void) {
  siam_command_result result = SIAM_RUN(NULL, "weight-sharing", "--json");
  cr_expect_eq(result.code, 0, "%s", result.err);
  cr_expect_str_eq(result.err, "");
  json_t *object = parse(&result);
  siam_command_release(&result);
  return object;
}

/// The row of an array whose `key` is `value`.
static json_t *row(const json_t *rows, const char *key, const char *value) {
  size_t i;
  json_t *one;
  json_array_foreach(rows, i, one) {
    if (strcmp(json_string_value(json_object_get(one, key)), value) == 0) return one;
  }
  cr_assert_fail("no row has the %s '%s'", key, value);
  return NULL;
}

static json_int_t whole(const json_t *object, const char *key) {
  json_t *value = json_object_get(object, key);
  cr_assert(json_is_integer(value), "'%s' is no whole number", key);
  return json_integer_value(value);
}

static double number(const json_t *object, const char *key) {
  json_t *value = json_object_get(object, key);
  cr_assert(json_is_number(value), "'%s' is no number", key);
  return json_number_value(value);
}

Test(cli_weight_sharing, all_claims_hold_within_thirty_seconds) {
  const siam_command_options options = {.timeout = 30};
  siam_command_result result = SIAM_RUN(&options, "weight-sharing");
  cr_expect_eq(result.code, 0, "%s", result.err);
  cr_expect_str_eq(result.err, "");
  cr_expect_not_null(
      strstr(result.out, "encode.weight       0    200      2  encode.weight, decode.weight^T"));
  cr_expect_not_null(strstr(result.out, "held    weights             65, by arithmetic 65\n"), "%s",
                     result.out);
  cr_expect_not_null(strstr(result.out, "the other use answers 27500, arithmetic says 27500\n"));
  cr_expect_null(strstr(result.out, "FAILED"));
  cr_expect_null(strstr(result.out, "NO\n"));
  siam_command_release(&result);
}

Test(cli_weight_sharing, json_says_where_weights_lie_and_who_refers_to_them) {
  static const struct {
    const char *system, *parameter;
    json_int_t weights, users, bytes;
  } rows[] = {{"standard", "encode.weight", 115, 1, 200},    {"standard", "decode.weight", 115, 1, 200},
              {"tied", "encode.weight", 65, 2, 200},         {"shared", "first.weight", 120, 2, 400},
              {"embedding", "embedding.weight", 71, 2, 112}, {"siamese", "hidden.weight", 123, 1, 384}};
  json_t *all = run_json();
  cr_expect_gt(strlen(json_string_value(json_object_get(all, "device"))), 0);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    json_t *system = json_object_get(all, rows[i].system);
    json_t *place = row(json_object_get(system, "parameters"), "name", rows[i].parameter);
    cr_expect_eq(whole(system, "weights"), rows[i].weights, "%s", rows[i].system);
    cr_expect_eq(whole(place, "users"), rows[i].users, "%s", rows[i].system);
    cr_expect_eq(whole(place, "bytes"), rows[i].bytes, "%s", rows[i].system);
    cr_expect_eq(json_array_size(json_object_get(place, "slots")), (size_t)rows[i].users);
  }
  json_t *slots = json_object_get(
      row(json_object_get(json_object_get(all, "tied"), "parameters"), "name", "encode.weight"), "slots");
  cr_expect_str_eq(json_string_value(json_array_get(slots, 1)), "decode.weight^T");
  json_decref(all);
}

Test(cli_weight_sharing, json_says_what_sharing_saves_at_50000_by_512) {
  json_t *all = run_json();
  for (size_t s = 0; s < SYSTEMS; s++) {
    json_t *savings = json_object_get(json_object_get(all, systems[s]), "saving");
    const bool at_scale = strcmp(systems[s], "tied") == 0 || strcmp(systems[s], "embedding") == 0;
    if (!at_scale) continue;
    json_t *large = json_array_get(savings, 1);
    cr_expect_eq(whole(large, "rows"), 50000);
    cr_expect_eq(whole(large, "saved"), 25600000);
    cr_expect_eq(whole(large, "unshared") - whole(large, "weights"), 25600000);
    cr_expect_float_eq(number(large, "megabytes"), 102.4, 1e-6);
  }
  json_decref(all);
}

Test(cli_weight_sharing, every_gradient_stands_beside_a_bound_that_could_fail) {
  json_t *all = run_json(), *one;
  cr_expect(json_is_true(json_object_get(all, "held")));
  for (size_t s = 0; s < SYSTEMS; s++) {
    json_t *system = json_object_get(all, systems[s]);
    size_t i;
    cr_expect(json_is_true(json_object_get(system, "held")), "%s", systems[s]);
    cr_expect_geq(json_array_size(json_object_get(system, "gradients")), (size_t)8);
    json_array_foreach(json_object_get(system, "gradients"), i, one) {
      const char *of = json_string_value(json_object_get(one, "of"));
      cr_expect_leq(number(one, "error"), number(one, "bound"), "%s %s", systems[s], of);
      // Far below what a gradient that was left out would make.
      cr_expect_leq(number(one, "bound"), 1e-3, "%s %s", systems[s], of);
      cr_expect(json_is_true(json_object_get(one, "held")), "%s %s", systems[s], of);
    }
    json_array_foreach(json_object_get(system, "claims"), i, one) {
      cr_expect(json_is_true(json_object_get(one, "held")), "%s: %s", systems[s],
                json_string_value(json_object_get(one, "claim")));
    }
  }
  json_decref(all);
}

Test(cli_weight_sharing, the_seed_decides_and_other_seeds_hold_too) {
  siam_command_result one = SIAM_RUN(NULL, "weight-sharing", "--json", "--seed", "7");
  siam_command_result again = SIAM_RUN(NULL, "weight-sharing", "--json", "--seed", "7");
  siam_command_result other = SIAM_RUN(NULL, "weight-sharing", "--json", "--seed", "8");
  cr_expect_eq(one.code, 0, "%s", one.err);
  cr_expect_eq(other.code, 0, "%s", other.err);
  cr_expect_str_eq(one.out, again.out);
  cr_expect_str_neq(one.out, other.out);
  siam_command_release(&one);
  siam_command_release(&again);
  siam_command_release(&other);
}

Test(cli_weight_sharing, one_system_can_be_asked_for) {
  siam_command_result result = SIAM_RUN(NULL, "weight-sharing", "--system", "tied", "--json");
  cr_expect_eq(result.code, 0, "%s", result.err);
  json_t *object = parse(&result);
  for (size_t s = 0; s < SYSTEMS; s++)
    cr_expect_eq(json_object_get(object, systems[s]) != NULL, strcmp(systems[s], "tied") == 0, "%s",
                 systems[s]);
  json_decref(object);
  siam_command_release(&result);
}

Test(cli_weight_sharing, mistakes_in_the_command_line_are_trouble) {
  static const struct {
    const char *word, *value, *message;
  } rows[] = {{"--system", "knotted", "--system knotted: must be one of standard, tied,"},
              {"--seed", "-1", "--seed -1: must be at least 0"},
              {"--sede", "1", "did you mean --seed?"},
              {"--device", "no such card", "\"no such card\""},
              {"--json", "more", "no arguments are expected"}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    siam_command_result result = SIAM_RUN(NULL, "weight-sharing", rows[i].word, rows[i].value);
    cr_expect_eq(result.code, 2, "%s %s", rows[i].word, rows[i].value);
    cr_expect_str_eq(result.out, "");
    cr_expect_not_null(strstr(result.err, rows[i].message), "%s", result.err);
    siam_command_release(&result);
  }
}

/// Requires that exactly the blank-free `claims` (ends with NULL) fail, in their order, and that exit code
/// and JSON say so.
static void expect_failures(const char *sabotage, const char *const *claims) {
  char variable[64];
  snprintf(variable, sizeof variable, "SABOTAGE=%s", sabotage);
  const siam_command_options options = {.environment = (const char *const[]){variable, NULL}};
  siam_command_result result = SIAM_RUN(&options, sabotaged, "--json");
  cr_expect_eq(result.code, *claims != NULL, "%s: exit code %d, %s", sabotage, result.code, result.err);
  json_t *object = parse(&result);
  cr_expect_eq(json_is_true(json_object_get(object, "held")), *claims == NULL);
  const char *at = result.err;
  for (; *claims != NULL; claims++) {
    char expected[128];
    snprintf(expected, sizeof expected, "weight-sharing: claim failed: %s: ", *claims);
    cr_assert_eq(strncmp(at, expected, strlen(expected)), 0, "%s: '%s' expected at: %s", sabotage, *claims,
                 at);
    at += strcspn(at, "\n") + 1;
  }
  cr_expect_str_eq(at, "", "%s: these fail too: %s", sabotage, at);
  json_decref(object);
  siam_command_release(&result);
}
#define EXPECT_FAILURES(sabotage, ...) expect_failures(sabotage, (const char *const[]){__VA_ARGS__, NULL})

Test(cli_weight_sharing, a_way_back_that_overwrites_is_found_and_named) {
  EXPECT_FAILURES("nothing", NULL);
  EXPECT_FAILURES("product", "tied: gradients sum", "shared: gradients sum", "siamese: gradients sum",
                  "siamese: fused");
  EXPECT_FAILURES("bias", "siamese: gradients sum", "siamese: fused");
  EXPECT_FAILURES("look-up", "embedding: gradients sum");
}

Test(cli_weight_sharing, weights_that_are_not_shared_are_found_and_named) {
  EXPECT_FAILURES("ties", "tied: one place", "tied: weights", "tied: gradients sum", "tied: a fill",
                  "tied: every use sees it", "tied: saving 10 × 5", "tied: saving 50000 × 512",
                  "shared: one place", "shared: weights", "shared: gradients sum", "shared: a fill",
                  "shared: every use sees it", "shared: saving 10 × 10", "embedding: one place",
                  "embedding: weights", "embedding: gradients sum", "embedding: a fill",
                  "embedding: every use sees it", "embedding: saving 7 × 4", "embedding: saving 50000 × 512");
}

Test(cli_weight_sharing, a_weight_updated_twice_is_found_and_named) {
  EXPECT_FAILURES("update", "standard: one update", "tied: one update", "shared: one update",
                  "embedding: one update", "siamese: one update");
}

Test(cli_weight_sharing, a_wrong_reference_does_not_pass_for_right) {
  EXPECT_FAILURES("float64", "embedding: gradients of uses", "embedding: gradients sum",
                  "embedding: differences", "embedding: every use sees it", "siamese: gradients of uses",
                  "siamese: gradients sum", "siamese: fused", "siamese: differences",
                  "siamese: every use sees it");
}
