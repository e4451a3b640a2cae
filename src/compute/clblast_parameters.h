/// clblast_parameters.h: sets of parameters that CLBlast's matrix product can be told to work with, and which
/// of them is in force.
///
/// CLBlast has parameters of its own for devices that its authors measured, and takes others for a device of
/// the process: all at once, for good, and unchecked. There is no way back to its own, and none in C to ask
/// what they are. So a set that was kept (device/tuning.h) comes into force when CLBlast is first used on a
/// device, and one that turns out to be useless there is followed by siam_clblast_generic.
#ifndef SIAM_COMPUTE_CLBLAST_PARAMETERS_H
#define SIAM_COMPUTE_CLBLAST_PARAMETERS_H

#include "device/device.h"

enum { SIAM_CLBLAST_INDIRECT_COUNT = 16, SIAM_CLBLAST_DIRECT_COUNT = 10 };

/// Every set says all there is to say, so that nothing stays of the one before it.
typedef struct siam_clblast_set {
  const char *name; ///< What is kept; says how the set divides its work.
  /// Of the kernel for large products: GEMMK, KREG, KWG, KWI, MDIMA, MDIMC, MWG, NDIMB, NDIMC, NWG, SA, SB,
  /// STRM, STRN, VWM, VWN.
  size_t indirect[SIAM_CLBLAST_INDIRECT_COUNT];
  /// Of the kernel for small ones: KWID, MDIMAD, MDIMCD, NDIMBD, NDIMCD, PADA, PADB, VWMD, VWND, WGD.
  size_t direct[SIAM_CLBLAST_DIRECT_COUNT];
  size_t large; ///< Products are large from this number of multiply-adds on, to the power of three.
} siam_clblast_set;

/// What CLBlast itself takes for devices that it does not know: right on every device.
extern const siam_clblast_set siam_clblast_generic;

/// Set number `index` of those worth trying on the device; NULL past the last. They suit its form, and its
/// work-groups and local memory hold them.
const siam_clblast_set *siam_clblast_set_at(const siam_device *device, size_t index);

/// What a set is kept as; NULL: CLBlast's own parameters.
const char *siam_clblast_set_name(const siam_clblast_set *set);

/// Keeps a set for the device, or that CLBlast's own parameters are the best (NULL).
siam_status siam_clblast_keep(siam_device *device, const siam_clblast_set *set);

/// Whether anything is kept; `set` gets it, NULL for CLBlast's own parameters. A text that is no set for this
/// device counts as none.
bool siam_clblast_kept(siam_device *device, const siam_clblast_set **set);

/// Whether what is kept for a computation was measured beside CLBlast: all of it on devices where CLBlast is
/// the standard; on CPUs products alone.
bool siam_clblast_matters(const siam_device *device, const char *problem);

/// Forgets which parameters are kept, and all that was measured beside them.
siam_status siam_clblast_forget(siam_device *device);

/// Puts a set into force, to stay until the next. SIAM_ERROR_DEVICE where CLBlast refuses it; what is in
/// force then is siam_clblast_generic.
siam_status siam_clblast_use(siam_device *device, const siam_clblast_set *set);

/// Leaves CLBlast's own parameters in force, whatever is kept; false where it is too late for that.
bool siam_clblast_use_own(siam_device *device);

/// To be called before every product: the first time it puts into force what is kept.
void siam_clblast_prepare(siam_device *device);

/// After a product that failed: where a kept set is in force, forgets it, says so, and goes on with
/// siam_clblast_generic; false where there is nothing to give up.
bool siam_clblast_give_up(siam_device *device);

/// Whether the geometry of a set is one that CLBlast's kernels are made for; it does not look itself.
bool siam_clblast_set_is_valid(const siam_clblast_set *set);

#endif
