/// judge.h: one model with one set of pictures, read and embedded: what every way of judging begins with.
#ifndef SIAM_PIPELINE_JUDGE_H
#define SIAM_PIPELINE_JUDGE_H

#include "pipeline/decision.h"
#include "pipeline/measure.h"
#include "pipeline/retrieval.h"

#include <siamese/evaluate.h>

/// Zero value but for `model` and `options`: nothing yet. Free with siam_judgement_clear().
typedef struct siam_judgement {
  siam_model *model;
  const siam_evaluate_options *options;
  siam_dataset *dataset;
  siam_images *images;
  siam_looks looks;            ///< What distances of pairs are taken from.
  const float *embeddings;     ///< [images, D], of the whole pictures: what neighbours are looked for by.
  float *whole;                ///< Owns them where looks have several rows; else they are the looks.
  uint32_t *classes, *parents; ///< Of pictures, and of classes; NULL before siam_judgement_label().
  double seconds;              ///< Of reading and embedding.
  siam_decision decision;
  double threshold; ///< Accuracy is stated at it, where `has_threshold`; else at the best of the pairs.
  bool has_threshold;
  siam_pair_set pairs; ///< Those of the figures about pairs.
  siam_retrieval_detail retrieval;
} siam_judgement;

/// Reads the pictures of judgement->dataset as a model wants them.
siam_status siam_judgement_read(const siam_judgement *judgement, const siam_model *model,
                                siam_telling *telling, siam_images **images);

/// Reads and embeds the pictures of judgement->dataset, which it owns from then on.
siam_status siam_judgement_embed(siam_judgement *judgement);

/// Embeds judgement->images alone.
siam_status siam_judgement_look(siam_judgement *judgement, siam_telling *telling);

/// Opens a folder or list and embeds its pictures.
siam_status siam_judgement_open(siam_judgement *judgement, const char *data);

/// Draws and measures `count` pairs (0: 6,000) as the options say.
siam_status siam_judgement_measure(const siam_judgement *judgement, uint32_t count, siam_pair_set *pairs);

/// Reads the model's threshold and calibration, and measures the pairs of the figures about pairs.
siam_status siam_judgement_pair(siam_judgement *judgement);

/// What the figures about pairs are to be stated at.
siam_verification_options siam_judgement_verification(const siam_judgement *judgement);

/// Classes and parents as arrays. Only for data with classes.
siam_status siam_judgement_label(siam_judgement *judgement);

/// The embeddings, as one-shot trials and retrieval want them.
siam_embeddings siam_judgement_embeddings(const siam_judgement *judgement);

/// Draws one-shot trials as the options say; `by_class` as in siam_one_shot_draw(). Needs labels.
siam_status siam_judgement_draw_trials(const siam_judgement *judgement, siam_ratio *by_class,
                                       siam_one_shot *one_shot);

/// Whether a failure to draw trials is worth an error: who asks for trials by name wants to know why there
/// are none; otherwise a note is enough.
bool siam_judgement_needs_trials(const siam_judgement *judgement);

/// All figures of pictures that are embedded; the evaluation is the caller's to clear, whatever comes out.
siam_status siam_judgement_evaluate(siam_judgement *judgement, siam_evaluation *evaluation);

void siam_judgement_clear(siam_judgement *judgement);

#endif
