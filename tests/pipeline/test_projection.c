#include "golden_retrieval.h"
#include "pipeline/projection.h"

#include <criterion/criterion.h>
#include <math.h>

Test(projection, is_the_pca_of_scikit_learn) {
  double plane[2 * GOLDEN_IMAGES], share[2];
  siam_embeddings embeddings = {golden_values, GOLDEN_IMAGES, GOLDEN_DIMENSION};
  cr_assert_eq(siam_project(&embeddings, plane, share), SIAM_OK);
  for (int which = 0; which < 2; which++) {
    // Iteration ends when no entry of a direction moves by more than 1e-12; with the variances' ratio r it is
    // then within 1e-12 · r / (1 − r) of the limit, and r is below 0.85 here.
    cr_expect_float_eq(share[which], golden_variance[which], 1e-10);
    double sign = plane[which] * golden_projection[which] < 0 ? -1 : 1;
    for (int i = 0; i < GOLDEN_IMAGES; i++)
      cr_expect_float_eq(sign * plane[2 * i + which], golden_projection[2 * i + which], 1e-9);
  }
}

Test(projection, points_that_do_not_vary_lie_in_the_middle) {
  const float values[] = {3, 4, 3, 4, 3, 4};
  double plane[6], share[2];
  siam_embeddings embeddings = {values, 3, 2};
  cr_assert_eq(siam_project(&embeddings, plane, share), SIAM_OK);
  for (int i = 0; i < 6; i++) cr_expect_eq(plane[i], 0);
  cr_expect(share[0] == 0 && share[1] == 0);
}
