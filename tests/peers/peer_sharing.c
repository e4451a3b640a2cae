// Saves networks with shared parameters by the public functions, for compare_sharing.py.
//
//   peer_sharing FOLDER     writes FOLDER/NAME.siamese for each, and prints a line "NAME WEIGHTS y …": how
//   many
//                           numbers it trains, and what it answers to input i = ((37·i) mod 64) / 32 − 1, or
//                           for words to word i mod 7
#include <math.h>
#include <siamese/network.h>
#include <stdio.h>
#include <string.h>

typedef struct peer_network {
  const char *name;
  int inputs;
  bool words;
  const char *lines[8];
} peer_network;

static const peer_network networks[] = {
    {"standard", 10, false, {"linear 5 name=encode", "linear 10 name=decode"}},
    {"tied", 10, false, {"linear 5 name=encode", "linear 10 name=decode weight=encode.weight^T"}},
    {"shared", 10, false, {"linear 10 name=first", "linear 10 name=second weight=first.weight"}},
    {"embedding",
     2,
     true,
     {"embedding 7 4 name=embedding", "linear 4 name=mix", "tanh",
      "linear 7 name=project weight=embedding.weight^T"}},
    {"siamese", 16, false, {"linear 6 name=hidden", "tanh", "linear 3 name=embed", "tanh"}},
    // One matrix in four places, two of them transposed, and one bias in two.
    {"four",
     5,
     false,
     {"linear 7 name=a", "tanh", "linear 5 name=b weight=a.weight^T", "tanh",
      "linear 7 name=c weight=b.weight^T", "sigmoid", "linear 5 name=d weight=a.weight^T bias=b.bias"}},
};
enum { NETWORKS = sizeof networks / sizeof *networks, MOST = 16 };

/// One step of training, so that no parameter has its first value, and biases are not 0.
static siam_status train(siam_network *network, const float *x, size_t outputs, float *y) {
  float dy[MOST];
  siam_status status = siam_network_forward(network, true, x, 1, y);
  for (size_t i = 0; i < outputs; i++) dy[i] = y[i] - 0.25F * (float)i;
  if (status == SIAM_OK) status = siam_network_clear_gradients(network);
  if (status == SIAM_OK) status = siam_network_backward(network, dy, NULL);
  if (status == SIAM_OK) status = siam_network_update(network, &(siam_update_options){.optimizer = "sgd"});
  return status;
}

static siam_status build(siam_device *device, const peer_network *peer, siam_network **network) {
  siam_status status = siam_network_create(1, 1, peer->inputs, network);
  for (int i = 0; status == SIAM_OK && peer->lines[i] != NULL; i++)
    status = siam_network_add(*network, peer->lines[i]);
  return status == SIAM_OK ? siam_network_place(*network, device, 3) : status;
}

static siam_status write_one(siam_device *device, const peer_network *peer, const char *folder) {
  float x[MOST], y[MOST];
  char path[1024];
  siam_network *network = NULL;
  for (int i = 0; i < peer->inputs; i++) x[i] = peer->words ? (float)(i % 7) : (float)(37 * i % 64) / 32 - 1;
  siam_status status = build(device, peer, &network);
  if (status == SIAM_OK) {
    siam_network_info info = siam_network_get_info(network);
    snprintf(path, sizeof path, "%s/%s.siamese", folder, peer->name);
    status = train(network, x, info.outputs, y);
    if (status == SIAM_OK) status = siam_network_forward(network, false, x, 1, y);
    if (status == SIAM_OK) status = siam_network_save(network, path);
    printf("%s %zu", peer->name, info.weights);
    for (size_t i = 0; i < info.outputs; i++) printf(" %.9g", (double)y[i]);
    printf("\n");
  }
  siam_network_destroy(network);
  return status;
}

int main(int argc, char **argv) {
  siam_device *device = NULL;
  if (argc != 2) return fprintf(stderr, "usage: peer_sharing FOLDER\n"), 2;
  siam_status status = siam_device_create(NULL, &device);
  for (int i = 0; i < NETWORKS && status == SIAM_OK; i++) status = write_one(device, &networks[i], argv[1]);
  if (status != SIAM_OK) fprintf(stderr, "peer_sharing: %s\n", siam_last_error());
  siam_device_destroy(device);
  return status == SIAM_OK ? 0 : 2;
}
