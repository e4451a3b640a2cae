// What siamese-train prints about a training, as text.
#include "common/message.h"
#include "train/train.h"

#include <math.h>
#include <stdio.h>

/// What the validation pairs say.
static void print_separation(const siam_train_report *report) {
  printf("          ROC AUC %.4f, equal error rate %.1f %%, accuracy %.1f %% at distance %.3f\n", report->auc,
         100 * report->eer, 100 * report->accuracy, report->threshold);
}

/// What the validation pictures say.
static void print_reconstruction(const siam_train_report *report) {
  double error = report->reconstruction_error, mean = report->mean_picture_error;
  printf("          mean squared error %.5f, that of the mean picture %.5f: %.1f %% of it is left\n", error,
         mean, mean > 0 ? 100 * error / mean : NAN);
}

/// On which pictures the figures were taken. Classes of a validation set may be those of the training.
static void print_measured(const siam_train_report *report) {
  if (report->validation_images == 0) {
    printf("\nMeasured  on the training pictures, since nothing was held out: hopeful figures\n");
    return;
  }
  printf("\nMeasured  on %u pictures", report->validation_images);
  if (report->validation_common > 0)
    printf(", of which %u were trained on: hopeful figures\n", report->validation_common);
  else if (report->validation_classes == 0)
    printf(" never trained on\n");
  else if (arguments.validation != NULL)
    printf(" never trained on, of %u classes\n", report->validation_classes);
  else
    printf(" of %u classes never trained on\n", report->validation_classes);
}

void train_print(const siam_train_report *report, const char *device) {
  bool reconstructs = arguments.reconstruct != NULL;
  printf("Trained   %u steps in %.1f s on %s, %.0f %s/s\n", report->steps, report->seconds, app_show(device),
         (reconstructs ? 2 : 1) * report->pairs_per_second, reconstructs ? "pictures" : "pairs");
  if (arguments.batch == SIAM_BATCH_AUTO)
    printf("Batch     %u pairs, the largest that fits\n", report->batch);
  if (report->best_step > 0)
    printf("Kept      the weights of step %u, the best on what was held out\n", report->best_step);
  if (arguments.init != NULL)
    printf("Started   from %s: %u of %u parameters\n", app_show(arguments.init), report->init_taken,
           report->init_parameters);
  printf("Pictures  %u", report->images);
  if (report->classes > 0) printf(" of %u classes", report->classes);
  if (report->broken > 0)
    printf("; %u broken %s left out", report->broken, app_plural(report->broken, "one", "ones"));
  print_measured(report);
  if (reconstructs)
    print_reconstruction(report);
  else
    print_separation(report);
  printf("Model     %s%s\n", app_show(arguments.output),
         reconstructs ? ", an encoder to start from with --init" : "");
  if (report->log_lost_step > 0)
    printf("Log       %s ends before step %u, since it could not be written\n", app_show(arguments.log),
           report->log_lost_step);
  if (arguments.report != NULL) printf("Report    %s\n", app_show(arguments.report));
}
