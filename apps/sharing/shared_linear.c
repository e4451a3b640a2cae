// Shared linear layers: the second layer refers to the first one's matrix, as it is.
//
//   h = x·W + b      y = h·W + c      W [10,10]
//
// The second slot is pointed at the first's parameter: one place, ∂L/∂W = xᵀ·∂L/∂h + hᵀ·∂L/∂y, and one update
// moves both layers. A recurrent network is this, once for every step of time.
#include "sharing/evidence.h"
#include "sharing/systems.h"

enum { FEATURES = 10, IMAGES = 4 };

static const char *const lines[] = {"linear 10 name=first", "linear 10 name=second weight=first.weight",
                                    NULL};
static const exact_layer layers[] = {
    {.kind = EXACT_LINEAR, .name = "first", .in = FEATURES, .out = FEATURES},
    {.kind = EXACT_LINEAR, .name = "second", .in = FEATURES, .out = FEATURES, .weight = "first.weight"},
};

siam_status sharing_shared_linear(sharing_lesson *lesson) {
  float x[IMAGES * FEATURES], wanted[IMAGES * FEATURES];
  double target[IMAGES * FEATURES];
  sharing_draw(lesson, 1, IMAGES * FEATURES, x);
  sharing_draw(lesson, 2, IMAGES * FEATURES, wanted);
  for (int i = 0; i < IMAGES * FEATURES; i++) target[i] = wanted[i];
  const sharing_system system = {.lines = lines,
                                 .layers = layers,
                                 .layer_count = 2,
                                 .images = IMAGES,
                                 .loss = &exact_squares,
                                 .x = x,
                                 .target = target};
  siam_network *network = NULL;
  SHARING_TRY(sharing_build_system(lesson, &system, &network));
  SHARING_TRY(sharing_show_places(lesson, network, &system, "first.weight", 2, 120));
  SHARING_TRY(sharing_prove_gradients(lesson, network, &system));

  // Between the layers each number is 10·Σx, behind them 10·10 of those: 1000·Σx.
  const float numbers[FEATURES] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  SHARING_TRY(sharing_prove_fill(lesson, FEATURES, lines, "first.weight", numbers, 1000 * 55));
  SHARING_TRY(sharing_prove_update(lesson, network, &system));
  return sharing_show_saving(lesson, FEATURES, lines, "second.weight", FEATURES, FEATURES);
}
