#include "compute/clblast_parameters.h"

#include "compute/gemm_engines.h"
#include "device/tuning.h"

#include <string.h>

/// Their place among the results of tuning.
#define PROBLEM "clblast parameters"
/// What is kept where CLBlast's own are the best.
#define OWN "its own"

/// Places in siam_clblast_set.indirect and .direct.
enum { GEMMK, KREG, KWG, KWI, MDIMA, MDIMC, MWG, NDIMB, NDIMC, NWG, SA, SB, STRM, STRN, VWM, VWN };
enum { KWID, MDIMAD, MDIMCD, NDIMBD, NDIMCD, PADA, PADB, VWMD, VWND, WGD };

const siam_clblast_set siam_clblast_generic = {"32x32x32 by 8x16",
                                               {0, 1, 32, 2, 8, 8, 32, 16, 16, 32, 1, 1, 0, 0, 4, 2},
                                               {2, 8, 8, 8, 8, 1, 1, 1, 1, 16},
                                               896};

/// For CPUs: one work-item for each work-group, so that nothing waits at a barrier, and vectors of 16 floats;
/// the best of those tried by hand, for squares and for narrow results. Never the kernel for small products,
/// which is not made for that.
static const siam_clblast_set cpu_sets[] = {
    {"32x8x2 by 1x1", {0, 1, 2, 1, 1, 1, 32, 1, 1, 8, 0, 0, 0, 0, 16, 1}, {2, 8, 8, 8, 8, 1, 1, 1, 1, 16}, 0},
    {"32x16x1 by 1x1",
     {0, 1, 1, 1, 1, 1, 32, 1, 1, 16, 0, 0, 0, 0, 16, 1},
     {2, 8, 8, 8, 8, 1, 1, 1, 1, 16},
     0},
    {"16x16x1 by 1x1",
     {0, 1, 1, 1, 1, 1, 16, 1, 1, 16, 0, 0, 0, 0, 16, 1},
     {2, 8, 8, 8, 8, 1, 1, 1, 1, 16},
     0},
    {"16x4x4 by 1x1", {0, 1, 4, 1, 1, 1, 16, 1, 1, 4, 0, 0, 0, 0, 16, 1}, {2, 8, 8, 8, 8, 1, 1, 1, 1, 16}, 0},
};

/// For GPUs: values that CLBlast's own database has for devices of several makers, since a device that it
/// does not know by name, newer ones above all, may be close to one that it does. In order: NVIDIA's and
/// AMD's unknown ones, an A100, Volta, Turing, RDNA 2, an Intel GPU by its kernel without local memory,
/// Adreno.
static const siam_clblast_set gpu_sets[] = {
    {"64x64x32 by 16x16",
     {0, 1, 32, 2, 16, 16, 64, 16, 16, 64, 1, 1, 0, 0, 4, 4},
     {2, 8, 8, 16, 16, 1, 1, 4, 2, 32},
     1472},
    {"64x64x32 by 16x8",
     {0, 1, 32, 2, 16, 16, 64, 8, 8, 64, 1, 1, 0, 0, 4, 4},
     {2, 8, 8, 16, 16, 1, 1, 1, 1, 16},
     320},
    {"32x64x32 by 8x16",
     {0, 1, 32, 2, 8, 8, 32, 16, 16, 64, 1, 1, 0, 0, 4, 4},
     {8, 8, 16, 32, 16, 1, 1, 2, 1, 32},
     1984},
    {"64x32x32 by 16x8",
     {0, 1, 32, 2, 16, 16, 64, 8, 8, 32, 1, 1, 0, 0, 4, 4},
     {2, 16, 16, 16, 16, 1, 1, 1, 2, 32},
     1728},
    {"128x128x16 by 16x16",
     {0, 1, 16, 2, 16, 16, 128, 32, 16, 128, 1, 1, 1, 1, 1, 2},
     {8, 16, 8, 16, 8, 1, 0, 2, 2, 32},
     1024},
    {"128x64x16 by 8x8",
     {0, 1, 16, 2, 8, 8, 128, 32, 8, 64, 1, 0, 1, 1, 4, 1},
     {2, 16, 16, 16, 16, 1, 1, 2, 2, 32},
     448},
    {"64x64 by 8x8 in registers",
     {1, 4, 1, 1, 8, 8, 64, 8, 8, 64, 0, 0, 0, 0, 4, 4},
     {2, 16, 16, 8, 8, 1, 1, 2, 1, 32},
     128},
    {"32x64x32 by 8x8",
     {0, 1, 32, 2, 8, 8, 32, 8, 8, 64, 1, 1, 0, 0, 4, 4},
     {2, 8, 8, 8, 8, 1, 1, 4, 4, 32},
     64},
};

static bool divides(size_t part, size_t whole) {
  return part > 0 && whole % part == 0;
}

/// The constraints of CLBlast's own tuner: every loop has a whole number of rounds. And one that it leaves to
/// luck: the temporary matrices, which lie one behind the other, begin at whole vectors for all sizes.
bool siam_clblast_set_is_valid(const siam_clblast_set *set) {
  const size_t *p = set->indirect, *d = set->direct;
  const size_t group = p[MDIMC] * p[NDIMC], small_group = d[MDIMCD] * d[NDIMCD];
  const bool shared = divides(p[KWI], p[KWG]) && divides(p[MDIMC] * p[VWM], p[MWG]) &&
                      divides(p[NDIMC] * p[VWN], p[NWG]) && divides(p[MDIMA] * p[VWM], p[MWG]) &&
                      divides(p[NDIMB] * p[VWN], p[NWG]);
  const bool local = divides(p[MDIMA], group) && divides(p[NDIMB], group) &&
                     divides(group / p[MDIMA], p[KWG]) && divides(group / p[NDIMB], p[KWG]);
  const bool registers = divides(p[VWN], p[KREG]) && p[MDIMA] == p[MDIMC] && p[NDIMB] == p[NDIMC];
  const bool small = divides(d[KWID], d[WGD]) && divides(d[MDIMCD] * d[VWMD], d[WGD]) &&
                     divides(d[NDIMCD] * d[VWND], d[WGD]) && divides(d[MDIMAD] * d[VWMD], d[WGD]) &&
                     divides(d[NDIMBD] * d[VWND], d[WGD]) && divides(d[MDIMAD], small_group) &&
                     divides(d[NDIMBD], small_group) && divides(small_group / d[MDIMAD], d[WGD]) &&
                     divides(small_group / d[NDIMBD], d[WGD]);
  const size_t depth = p[KWG] * p[KREG];
  const bool aligned = divides(p[VWM], p[NWG] * depth) && divides(p[VWN], p[MWG] * depth);
  return shared && small && aligned && (p[GEMMK] == 0 ? local : registers);
}

/// Whether the device's work-groups and local memory hold the set.
static bool fits(const siam_device *device, const siam_clblast_set *set) {
  const size_t *p = set->indirect, *d = set->direct;
  const size_t limit = device->traits.group_limit;
  const size_t floats = p[KWG] * (p[SA] * p[MWG] + p[SB] * p[NWG]);
  const size_t small_floats = d[WGD] * (2 * d[WGD] + d[PADA] + d[PADB]);
  const size_t most = floats > small_floats ? floats : small_floats;
  return p[MDIMC] * p[NDIMC] <= limit && d[MDIMCD] * d[NDIMCD] <= limit &&
         most * sizeof(float) <= device->traits.local_bytes;
}

const siam_clblast_set *siam_clblast_set_at(const siam_device *device, size_t index) {
  const bool cpu = device->traits.is_cpu;
  const siam_clblast_set *sets = cpu ? cpu_sets : gpu_sets;
  const size_t count = cpu ? sizeof cpu_sets / sizeof *cpu_sets : sizeof gpu_sets / sizeof *gpu_sets;
  for (size_t i = 0; i < count; i++)
    if (fits(device, &sets[i]) && index-- == 0) return &sets[i];
  return NULL;
}

const char *siam_clblast_set_name(const siam_clblast_set *set) {
  return set != NULL ? set->name : OWN;
}

siam_status siam_clblast_keep(siam_device *device, const siam_clblast_set *set) {
  return siam_tuning_keep(device, PROBLEM, siam_clblast_set_name(set));
}

bool siam_clblast_kept(siam_device *device, const siam_clblast_set **set) {
  const char *name = siam_tuning_find(device, PROBLEM);
  *set = NULL;
  if (name == NULL || strcmp(name, OWN) == 0) return name != NULL;
  for (size_t i = 0; (*set = siam_clblast_set_at(device, i)) != NULL; i++)
    if (strcmp(name, (*set)->name) == 0) return true;
  return false;
}

bool siam_clblast_matters(const siam_device *device, const char *problem) {
  return !device->traits.is_cpu || strncmp(problem, "conv ", 5) != 0;
}

siam_status siam_clblast_forget(siam_device *device) {
  const char *problem = NULL, *choice = NULL;
  for (size_t i = 0; siam_tuning_at(device, i, &problem, &choice);)
    if (siam_clblast_matters(device, problem))
      SIAM_RETURN_IF_FAILED(siam_tuning_strike(device, problem));
    else
      i++;
  return SIAM_OK;
}

siam_status siam_clblast_use(siam_device *device, const siam_clblast_set *set) {
  device->clblast_decided = true;
  device->clblast_kept = false;
  device->clblast_set = set;
  const siam_status status = siam_gemm_clblast_override(device, set);
  if (status == SIAM_OK || set == &siam_clblast_generic) return status;
  device->clblast_set = &siam_clblast_generic;
  (void)siam_gemm_clblast_override(device, &siam_clblast_generic);
  return status;
}

bool siam_clblast_use_own(siam_device *device) {
  if (device->clblast_set != NULL) return false;
  device->clblast_decided = true;
  return true;
}

static void give_up(siam_device *device, const char *name) {
  siam_log(
      &device->logger, SIAM_LOG_WARNING,
      "CLBlast cannot work on %s with the parameters that tuning kept for it (%s): they are forgotten, and "
      "so is what was tuned with them; siamese-tune finds it anew",
      device->info.name, name);
  if (siam_clblast_forget(device) != SIAM_OK)
    siam_log(&device->logger, SIAM_LOG_DEBUG, "%s", siam_last_error());
}

void siam_clblast_prepare(siam_device *device) {
  const siam_clblast_set *set = NULL;
  if (device->clblast_decided) return;
  device->clblast_decided = true;
  if (!siam_clblast_kept(device, &set) || set == NULL) return;
  if (siam_clblast_use(device, set) == SIAM_OK)
    device->clblast_kept = true;
  else
    give_up(device, set->name);
}

bool siam_clblast_give_up(siam_device *device) {
  if (!device->clblast_kept) return false;
  give_up(device, device->clblast_set->name);
  return siam_clblast_use(device, &siam_clblast_generic) == SIAM_OK;
}
