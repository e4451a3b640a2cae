/// clblast_search.h: finds the set of parameters with which CLBlast is fastest on a device.
///
/// CLBlast's own come first, for there is no way back to them, then one set after the other, over all
/// products. Each is held to a kernel of ours, which is held to float64 (tuner.h), and raced against it: so
/// what is compared between sets is the share of that kernel's speed, whatever the machine's own speed was at
/// the time.
#ifndef SIAM_COMPUTE_CLBLAST_SEARCH_H
#define SIAM_COMPUTE_CLBLAST_SEARCH_H

#include "compute/clblast_parameters.h"
#include "compute/tuner.h"

typedef struct siam_clblast_search {
  const siam_tunable *tunables; ///< Those that are no products are passed over.
  size_t count;
  /// Set number `index`; NULL past the last. NULL: siam_clblast_set_at().
  const siam_clblast_set *(*set_at)(const siam_device *device, size_t index);
  double seconds; ///< Time for everything, building included; what has begun ends.
  /// Called before each set with its name, and before CLBlast's own; false stops. May be NULL.
  bool (*progress)(void *context, const char *name);
  void *context;
} siam_clblast_search;

typedef struct siam_clblast_result {
  const siam_clblast_set *set; ///< The best; NULL: CLBlast's own parameters.
  double speed;                ///< How many times as fast it is, geometric mean over products; at least 1.
  double seconds, own_seconds; ///< Geometric means of one product's time.
  double error;                ///< Largest of the best set, as a share of the bound.
  unsigned products;           ///< That were measured.
  unsigned sound, wrong, failed, untried; ///< Sets, CLBlast's own not among them.
} siam_clblast_result;

/// Tries the sets. Afterwards the best one is in force, or where CLBlast's own parameters are,
/// siam_clblast_generic: so what is measured later in this process says nothing about its own, unless no set
/// was tried at all. SIAM_ERROR_ARGUMENT: another set was in force already, there is no product, or no kernel
/// of ours can be compared with. SIAM_INTERRUPTED: progress() said so.
siam_status siam_clblast_search_run(siam_tuner *tuner, const siam_clblast_search *search,
                                    siam_clblast_result *result);

#endif
