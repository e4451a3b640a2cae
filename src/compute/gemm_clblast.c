#include "base/memory.h"
#include "compute/clblast_parameters.h"
#include "compute/gemm_engines.h"

#include <clblast_c.h>
#include <pthread.h>

/// CLBlast keeps one cache of compiled kernels for the whole process; two threads that miss it together
/// compile twice or fail (CLBlast issue 486). Calls only enqueue, so one at a time costs nothing.
static pthread_mutex_t clblast_lock = PTHREAD_MUTEX_INITIALIZER;

static CLBlastTranspose transposed(bool transpose) {
  return transpose ? CLBlastTransposeYes : CLBlastTransposeNo;
}

static CLBlastStatusCode multiply(siam_device *device, const siam_gemm *gemm, const siam_place *places) {
  pthread_mutex_lock(&clblast_lock);
  const CLBlastStatusCode code =
      CLBlastSgemm(CLBlastLayoutRowMajor, transposed(gemm->transpose_a), transposed(gemm->transpose_b),
                   (size_t)gemm->m, (size_t)gemm->n, (size_t)gemm->k, 1.0F, places[0].buffer, places[0].first,
                   (size_t)gemm->lda, places[1].buffer, places[1].first, (size_t)gemm->ldb, gemm->beta,
                   places[2].buffer, places[2].first, (size_t)gemm->ldc, &device->queue, NULL);
  pthread_mutex_unlock(&clblast_lock);
  return code;
}

static siam_status call(siam_device *device, void *context, const siam_place *places) {
  const siam_gemm *gemm = context;
  siam_clblast_prepare(device);
  CLBlastStatusCode code = multiply(device, gemm, places);
  if (code != CLBlastSuccess && siam_clblast_give_up(device)) code = multiply(device, gemm, places);
  if (code == CLBlastSuccess) return SIAM_OK;
  return siam_fail(SIAM_ERROR_DEVICE,
                   "CLBlast could not multiply %d × %d by %d × %d on %s (status %d); on a CPU device "
                   "SIAMESE_GEMM=tile does without it",
                   gemm->m, gemm->k, gemm->k, gemm->n, device->info.name, (int)code);
}

siam_status siam_gemm_clblast_override(siam_device *device, const siam_clblast_set *set) {
  static const char *const indirect[SIAM_CLBLAST_INDIRECT_COUNT] = {
      "GEMMK", "KREG", "KWG", "KWI", "MDIMA", "MDIMC", "MWG", "NDIMB",
      "NDIMC", "NWG",  "SA",  "SB",  "STRM",  "STRN",  "VWM", "VWN"};
  static const char *const direct[SIAM_CLBLAST_DIRECT_COUNT] = {
      "KWID", "MDIMAD", "MDIMCD", "NDIMBD", "NDIMCD", "PADA", "PADB", "VWMD", "VWND", "WGD"};
  static const char *const large = "XGEMM_MIN_INDIRECT_SIZE";
  const struct {
    const char *kernel;
    size_t count;
    const char *const *names;
    const size_t *values;
  } parts[] = {{"Xgemm", SIAM_CLBLAST_INDIRECT_COUNT, indirect, set->indirect},
               {"XgemmDirect", SIAM_CLBLAST_DIRECT_COUNT, direct, set->direct},
               {"GemmRoutine", 1, &large, &set->large}};
  CLBlastStatusCode code = CLBlastSuccess;
  pthread_mutex_lock(&clblast_lock);
  for (int i = 0; i < 3 && code == CLBlastSuccess; i++)
    code = CLBlastOverrideParameters(device->id, parts[i].kernel, CLBlastPrecisionSingle, parts[i].count,
                                     (const char **)parts[i].names, parts[i].values);
  pthread_mutex_unlock(&clblast_lock);
  if (code == CLBlastSuccess) return SIAM_OK;
  return siam_fail(SIAM_ERROR_DEVICE, "CLBlast refuses the parameters %s on %s (status %d)", set->name,
                   device->info.name, (int)code);
}

/// CLBlast's cache holds on to the contexts of its programs, so a device that closes has it emptied. Other
/// devices' kernels are built again at their next product.
static void forget(void) {
  pthread_mutex_lock(&clblast_lock);
  CLBlastClearCache();
  pthread_mutex_unlock(&clblast_lock);
}

siam_status siam_gemm_clblast_add(siam_tape *tape, const siam_gemm *gemm) {
  siam_gemm *context = siam_allocate(1, sizeof *context);
  if (context == NULL) return SIAM_ERROR_MEMORY;
  *context = *gemm;
  siam_tape_device(tape)->forget = forget;
  const siam_view views[3] = {gemm->a, gemm->b, gemm->c};
  SIAM_RETURN_IF_FAILED(siam_tape_call(tape, call, context, siam_free, views, 3));
  return siam_epilogue_add(tape, &gemm->epilogue, gemm->c, gemm->m, gemm->n, gemm->ldc);
}
