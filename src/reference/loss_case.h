/// loss_case.h: a batch with a loss over all its pairs, and what the loss comes to in float64, with a bound
/// for every number.
#ifndef SIAM_REFERENCE_LOSS_CASE_H
#define SIAM_REFERENCE_LOSS_CASE_H

#include "losses/loss.h"
#include "reference/bounded.h"
#include "reference/product_check.h"

enum { SIAM_BATCH_ROWS = 64, SIAM_BATCH_FLOATS = SIAM_BATCH_ROWS * 130 };

/// A batch with its loss. Embeddings have length 1 where the loss needs that. A loss may have one parameter.
typedef struct siam_loss_case {
  siam_loss loss;
  int rows, dimensions, classes, parameter_count;
  float parameters[SIAM_BATCH_FLOATS];
  float prior;         ///< What lies in the parameter's gradient before.
  uint32_t step, seed; ///< Of draws.
  int32_t labels[SIAM_BATCH_ROWS];
  float embeddings[SIAM_BATCH_FLOATS];
} siam_loss_case;

/// A loss in float64, from the matrix that its kernels read (siam_loss_type.matrix): [rows, rows], or with
/// proxies [classes, rows].
typedef struct siam_loss_reference {
  const char *name;
  /// The specification. `held` is the matrix where the formula takes weights that have no gradient.
  double (*value)(const siam_loss_case *c, const double *matrix, const double *held);
  /// Writes the derivative of the value by each element of the matrix, zeros where there is none, and how
  /// many terms it is the mean of, and returns the value: operation by operation as the kernels do, so that
  /// the errors are bounds.
  siam_bounded (*derive)(const siam_loss_case *c, const siam_bounded *matrix, siam_bounded *factors,
                         int *active);
  /// Where a loss without proxies has a parameter: writes the derivatives by it, called after `derive`.
  void (*derive_parameters)(const siam_loss_case *c, siam_bounded *slopes);
} siam_loss_reference;

/// Number i of the loss's parameter, for the functions above: finite differences move it.
double siam_case_parameter(int i);

/// The option of the case's loss.
double siam_case_option(const siam_loss_case *c, const char *name);
/// Whether two rows are of one class and not the same.
bool siam_case_same(const siam_loss_case *c, int row, int other);
bool siam_case_different(const siam_loss_case *c, int row, int other);

/// Fills a case: the loss as text; `classes` by turns, and two of which there is no row; embeddings, and the
/// loss's parameter, that depend on the seed.
void siam_loss_fill(siam_loss_case *c, const char *loss, int rows, int dimensions, int classes,
                    uint32_t seed);

/// Counts the loss's parameter, and returns its slot's first value.
siam_initialiser siam_loss_take_slot(siam_loss_case *c);

/// What the device makes of a case.
typedef struct siam_loss_outcome {
  float result[SIAM_LOSS_WORDS], gradients[SIAM_BATCH_FLOATS], parameter_gradients[SIAM_BATCH_FLOATS];
} siam_loss_outcome;

/// Runs it between guards.
siam_status siam_loss_execute(siam_device *device, const siam_loss_case *c, siam_loss_outcome *outcome);

enum { SIAM_BATCH_PAIRS = SIAM_BATCH_ROWS * SIAM_BATCH_ROWS };

/// A case worked out in float64.
typedef struct siam_loss_worked {
  double x[SIAM_BATCH_FLOATS], parameters[SIAM_BATCH_FLOATS], held[SIAM_BATCH_PAIRS];
  siam_bounded matrix[SIAM_BATCH_PAIRS], pairs[SIAM_BATCH_PAIRS], factors[SIAM_BATCH_PAIRS];
  siam_bounded gradients[SIAM_BATCH_FLOATS], parameter_gradients[SIAM_BATCH_FLOATS];
  siam_bounded expected[SIAM_LOSS_WORDS];
} siam_loss_worked;

/// Works a case out. Static storage, which siam_case_parameter() reads.
siam_loss_worked *siam_loss_work_out(const siam_loss_reference *reference, const siam_loss_case *c);

/// The value by the specification, at what `w` has as embeddings and parameter now.
double siam_loss_value_at(const siam_loss_reference *reference, const siam_loss_case *c,
                          const siam_loss_worked *w);

/// Fills a case in which rounding turns no choice, and works it out. Gives up where 20 seeds have one.
siam_loss_worked *siam_loss_fill_surely(const siam_loss_reference *reference, siam_loss_case *c,
                                        const char *loss, int rows, int dimensions, int classes);

/// Adds to `result` how far an outcome is from the reference.
void siam_loss_compare(const siam_loss_case *c, const siam_loss_worked *w, const siam_loss_outcome *outcome,
                       siam_product_result *result);

extern const siam_loss_reference siam_arcface_reference, siam_circle_reference, siam_cosface_reference,
    siam_margin_reference, siam_multi_similarity_reference, siam_nt_xent_reference,
    siam_proxy_anchor_reference, siam_supervised_contrastive_reference, siam_triplet_reference;

/// Writes how likely each row is to be drawn by `row` of the loss margin, up to a factor, from its distances
/// `mine`; false without any different row.
bool siam_margin_weigh(const siam_loss_case *c, const siam_bounded *mine, int row, siam_bounded *weights);

/// All of them; ends with NULL.
extern const siam_loss_reference *const siam_loss_references[];

#endif
