// The Siamese encoder: one network, both pictures of a pair (Bromley et al. 1993; Hadsell, Chopra and LeCun
// 2006).
//
//   a = f(A; W)      b = f(B; W)      L = ½ |a − b|²   for a pair that is the same
//
// There are no two branches with equal weights: there is one network that runs on both pictures. So its
// gradient is what picture A gives and what picture B gives. Run one after the other (two-pass) they add up
// in the gradient buffer; as one batch (fused), one matrix product sums over the pictures of both.
#include "sharing/evidence.h"
#include "sharing/matches.h"
#include "sharing/systems.h"

enum { PIXELS = 16, HIDDEN = 6, EMBEDDING = 3, PAIRS = 3 };
enum { WEIGHTS = (PIXELS + 1) * HIDDEN + (HIDDEN + 1) * EMBEDDING };

static const char *const lines[] = {"linear 6 name=hidden", "tanh", "linear 3 name=embed", "tanh", NULL};
static const exact_layer layers[] = {
    {.kind = EXACT_LINEAR, .name = "hidden", .in = PIXELS, .out = HIDDEN},
    {.kind = EXACT_TANH, .name = "tanh1", .in = HIDDEN, .out = HIDDEN},
    {.kind = EXACT_LINEAR, .name = "embed", .in = HIDDEN, .out = EMBEDDING},
    {.kind = EXACT_TANH, .name = "tanh2", .in = EMBEDDING, .out = EMBEDDING},
};
/// The ways to run a pair: which pictures, in how many passes.
typedef enum way { WAY_A, WAY_B, WAY_TWO_PASS, WAY_FUSED, WAYS } way;
static const char *const way_names[WAYS] = {"A alone", "B alone", "two-pass", "fused"};

static siam_status run_way(sharing_lesson *lesson, siam_network *network, const sharing_system *system,
                           way which) {
  SHARING_TRY(siam_network_clear_gradients(network));
  if (which == WAY_FUSED) return sharing_pass(lesson, network, system, 0, 2 * PAIRS);
  if (which != WAY_B) SHARING_TRY(sharing_pass(lesson, network, system, 0, PAIRS));
  return which != WAY_A ? sharing_pass(lesson, network, system, PAIRS, 2 * PAIRS) : SIAM_OK;
}

/// All gradients side by side: the device's of one way, float64's, and how far apart they may be.
typedef struct outcome {
  float *found;
  double *exact, *bounds;
  sharing_match match;
} outcome;

static siam_status try_way(sharing_lesson *lesson, siam_network *network, exact_network *exact, way which,
                           outcome *result) {
  *result = (outcome){.found = sharing_floats(lesson, WEIGHTS),
                      .exact = sharing_doubles(lesson, WEIGHTS),
                      .bounds = sharing_doubles(lesson, WEIGHTS)};
  exact->first_image = which == WAY_B ? PAIRS : 0;
  exact->end_image = which == WAY_A ? PAIRS : 2 * PAIRS;
  exact_run(exact);
  SHARING_TRY(run_way(lesson, network, exact->system, which));
  size_t first = 0;
  for (int p = 0; p < exact->parameter_count; p++) {
    const exact_parameter *parameter = &exact->parameters[p];
    SHARING_TRY(siam_network_read_gradient(network, parameter->name, result->found + first));
    for (size_t i = 0; i < parameter->count; i++, first++) {
      result->exact[first] = parameter->gradient[i];
      result->bounds[first] = parameter->bounds[i];
    }
  }
  result->match = sharing_compare(result->found, result->exact, result->bounds, WEIGHTS);
  return SIAM_OK;
}

/// The gradients of `one` against the sum of those of `parts` (the last one NULL): each is off by its own
/// bound at most.
static sharing_match compare_sum(sharing_lesson *lesson, const outcome *one, const outcome *const *parts) {
  double *sum = sharing_doubles(lesson, WEIGHTS), *bounds = sharing_doubles(lesson, WEIGHTS);
  for (int i = 0; i < WEIGHTS; i++) {
    bounds[i] = one->bounds[i];
    for (const outcome *const *part = parts; *part != NULL; part++) {
      sum[i] += (*part)->found[i];
      bounds[i] += (*part)->bounds[i];
    }
  }
  return sharing_compare(one->found, sum, bounds, WEIGHTS);
}

static siam_status prove_branches(sharing_lesson *lesson, siam_network *network,
                                  const sharing_system *system) {
  exact_network *exact = exact_create(lesson, system, true);
  SHARING_TRY(sharing_take_values(lesson, network, exact));
  sharing_matches matches = sharing_matches_begin(lesson);
  outcome ways[WAYS];
  sharing_match alone = {0}, sum = {0}, fused = {0}, differences = {0};
  sharing_match *const claims[WAYS] = {&alone, &alone, &sum, &fused};
  for (int w = 0; w < WAYS; w++) {
    SHARING_TRY(try_way(lesson, network, exact, (way)w, &ways[w]));
    sharing_matches_add(&matches, way_names[w], "float64", ways[w].match, claims[w]);
  }
  const outcome *const branches[] = {&ways[WAY_A], &ways[WAY_B], NULL};
  const outcome *const two_pass[] = {&ways[WAY_TWO_PASS], NULL};
  sharing_matches_add(&matches, "two-pass", "A alone + B alone",
                      compare_sum(lesson, &ways[WAY_TWO_PASS], branches), &sum);
  sharing_matches_add(&matches, "fused", "two-pass", compare_sum(lesson, &ways[WAY_FUSED], two_pass), &fused);
  sharing_matches_add_differences(&matches, exact, &differences);
  sharing_matches_end(&matches);
  sharing_claim_match(lesson, alone, "gradients of uses", "picture A alone, and picture B alone");
  sharing_claim_match(lesson, sum, "gradients sum", "one after the other, A's and B's add up");
  sharing_claim_match(lesson, fused, "fused", "both in one batch give the same");
  sharing_claim_match(lesson, differences, "differences", "float64's are (L(w+h) − L(w−h)) / 2h");
  return SIAM_OK;
}

siam_status sharing_siamese_encoder(sharing_lesson *lesson) {
  float x[2 * PAIRS * PIXELS];
  sharing_draw(lesson, 3, 2 * PAIRS * PIXELS, x);
  const sharing_system system = {
      .lines = lines, .layers = layers, .layer_count = 4, .images = 2 * PAIRS, .loss = &exact_pairs, .x = x};
  siam_network *network = NULL;
  SHARING_TRY(sharing_build_system(lesson, &system, &network));
  SHARING_TRY(sharing_show_places(lesson, network, &system, NULL, 1, WEIGHTS));
  SHARING_TRY(prove_branches(lesson, network, &system));
  return sharing_prove_update(lesson, network, &system);
}
