#include "picture_model.h"

#include "device_memory.h"

#include <criterion/criterion.h>

siam_model *siam_test_picture_model(int side, float mean) {
  siam_network *network = NULL;
  siam_model *model = NULL;
  const float one = 1, zero = 0;
  cr_assert_eq(siam_network_create(side, side, 1, &network), SIAM_OK);
  cr_assert_eq(siam_network_add(network, "conv 1 1"), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_network_add(network, "flatten"), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_model_wrap(siam_test_device(), network, 1, &model), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_network_write(network, "conv1.weight", &one), SIAM_OK, "%s", siam_last_error());
  cr_assert_eq(siam_network_write(network, "conv1.bias", &zero), SIAM_OK, "%s", siam_last_error());
  model->preprocessing.mean[0] = mean;
  model->preprocessing.deviation[0] = 1;
  return model;
}
