// The tied autoencoder: the decoder's matrix is the encoder's, transposed, and only its bias is its own
// (Vincent et al. 2010, "Stacked denoising autoencoders").
//
//   h = x·W + b      W [10,5]      y = h·Wᵀ + c
//
// One place instead of two: 50 + 5 + 10 = 65 numbers to learn. W is used twice, so the chain rule gives its
// gradient two parts, which add up where W's gradient lies:
//
//   ∂L/∂W = xᵀ·∂L/∂h   by the encoder
//         + ∂L/∂yᵀ·h   by the decoder: the transpose of hᵀ·∂L/∂y, the gradient of its matrix Wᵀ
#include "sharing/evidence.h"
#include "sharing/systems.h"

enum { FEATURES = 10, CODE = 5, IMAGES = 4 };

static const char *const lines[] = {"linear 5 name=encode", "linear 10 name=decode weight=encode.weight^T",
                                    NULL};
static const exact_layer layers[] = {
    {.kind = EXACT_LINEAR, .name = "encode", .in = FEATURES, .out = CODE},
    {.kind = EXACT_LINEAR,
     .name = "decode",
     .in = CODE,
     .out = FEATURES,
     .weight = "encode.weight",
     .transposed = true},
};

siam_status sharing_tied_autoencoder(sharing_lesson *lesson) {
  float x[IMAGES * FEATURES];
  double target[IMAGES * FEATURES];
  sharing_draw(lesson, 1, IMAGES * FEATURES, x);
  for (int i = 0; i < IMAGES * FEATURES; i++) target[i] = x[i];
  const sharing_system system = {.lines = lines,
                                 .layers = layers,
                                 .layer_count = 2,
                                 .images = IMAGES,
                                 .loss = &exact_squares,
                                 .x = x,
                                 .target = target};
  siam_network *network = NULL;
  SHARING_TRY(sharing_build_system(lesson, &system, &network));
  SHARING_TRY(sharing_show_places(lesson, network, &system, "encode.weight", 2, 65));
  SHARING_TRY(sharing_prove_gradients(lesson, network, &system));

  // Each of the 5 codes is 10·Σx, each output 5·10 of those: 500·Σx.
  const float numbers[FEATURES] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  SHARING_TRY(sharing_prove_fill(lesson, FEATURES, lines, "encode.weight", numbers, 500 * 55));
  SHARING_TRY(sharing_prove_update(lesson, network, &system));

  SHARING_TRY(sharing_show_saving(lesson, FEATURES, lines, "decode.weight", FEATURES, CODE));
  static const char *const large[] = {"linear 512 name=encode",
                                      "linear 50000 name=decode weight=encode.weight^T", NULL};
  return sharing_show_saving(lesson, 50000, large, "decode.weight", 50000, 512);
}
