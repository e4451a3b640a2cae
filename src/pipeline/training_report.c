#include "pipeline/report.h"
#include "pipeline/training.h"

siam_status siam_training_report(siam_training *run) {
  const siam_train_options *options = run->options;
  bool held_out = run->validation != NULL;
  siam_evaluation evaluation;
  siam_evaluate_options evaluate = {.seed = options->seed,
                                    .decoders = options->decoders,
                                    .logger = options->logger,
                                    .preparing = options->preparing,
                                    .context = options->context};
  siam_telling telling = {options->preparing, options->context, "judging for the report"};
  // Data set and pictures stay the run's; the judgement gives them back before it is cleared.
  siam_judgement judgement = {.model = run->model,
                              .options = &evaluate,
                              .dataset = held_out ? run->validation : run->training,
                              .images = held_out ? run->validation_images : run->images};
  siam_report_facts facts = {.command = options->command,
                             .model = options->output,
                             .settings = run->settings.bytes,
                             .history = &run->history,
                             .training = run->training,
                             .hopeful = siam_training_judges_itself(run),
                             .fitted_here = options->within_parent_percent == 0};
  siam_status status = siam_judgement_look(&judgement, &telling);
  if (status == SIAM_OK) {
    status = siam_judgement_evaluate(&judgement, &evaluation);
    if (status == SIAM_OK) status = siam_report_write(options->report, &judgement, &evaluation, &facts);
    siam_evaluation_clear(&evaluation);
  }
  judgement.dataset = NULL;
  judgement.images = NULL;
  siam_judgement_clear(&judgement);
  return status;
}
