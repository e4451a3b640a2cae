#include "losses/loss.h"

#include "base/file.h"
#include "base/memory.h"
#include "command.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void refuses(siam_status status, const char *text, const char *part) {
  siam_loss loss;
  cr_expect_eq(siam_loss_parse(text, &loss), status, "'%s'", text);
  cr_expect_not_null(strstr(siam_last_error(), part), "'%s': %s", text, siam_last_error());
}

Test(loss, is_read_with_its_options) {
  siam_loss loss;
  cr_assert_eq(siam_loss_parse(" contrastive  margin=0.5 hardest=5 ", &loss), SIAM_OK, "%s",
               siam_last_error());
  cr_expect_str_eq(loss.type->name, "contrastive");
  cr_expect_eq(loss.pairing, SIAM_PAIRING_ALL);
  cr_expect_eq(loss.options[0], 0.5);
  cr_expect_eq(loss.options[1], 5);
  cr_expect_eq(loss.options[2], 0);
}

Test(loss, mistakes_are_refused_with_what_there_is) {
  refuses(SIAM_ERROR_ARGUMENT, "contrast", "there is no loss 'contrast'; there are: contrastive");
  refuses(SIAM_ERROR_ARGUMENT, "", "there is no loss ''; there are: contrastive");
  refuses(SIAM_ERROR_FORMAT, "contrastive marign=1",
          "the loss 'contrastive' does not know 'marign'; it takes: margin, hardest, same_margin");
  refuses(SIAM_ERROR_FORMAT, "contrastive 1", "does not know '1'");
  refuses(SIAM_ERROR_FORMAT, "contrastive margin=", "'' is not a number");
  refuses(SIAM_ERROR_ARGUMENT, "contrastive margin=0", "contrastive: margin=0 must be a number from 1e-06");
  refuses(SIAM_ERROR_ARGUMENT, "contrastive hardest=1.5", "must be a whole number");
}

Test(loss, one_option_can_be_set) {
  siam_loss loss;
  cr_assert_eq(siam_loss_parse("contrastive hardest=5", &loss), SIAM_OK);
  cr_assert_eq(siam_loss_set(&loss, "margin", 0.25), SIAM_OK);
  cr_expect_eq(loss.options[0], 0.25);
  cr_expect_eq(loss.options[1], 5);
  cr_expect_eq(siam_loss_set(&loss, "temperature", 1), SIAM_ERROR_ARGUMENT);
  cr_expect_not_null(strstr(siam_last_error(), "it takes: margin"), "%s", siam_last_error());
  cr_expect_eq(siam_loss_set(&loss, "margin", -1), SIAM_ERROR_ARGUMENT);
}

Test(loss, every_one_is_described_as_it_is_read) {
  for (size_t i = 0; siam_loss_types[i] != NULL; i++) {
    siam_loss loss, again;
    siam_text text = {0};
    cr_assert_eq(siam_loss_parse(siam_loss_types[i]->name, &loss), SIAM_OK, "%s", siam_last_error());
    siam_loss_describe(&loss, &text);
    cr_assert_eq(siam_loss_parse(text.bytes, &again), SIAM_OK, "%s", siam_last_error());
    cr_expect_eq(loss.type, again.type);
    for (int o = 0; o < SIAM_OPTIONS_MAX; o++) cr_expect_eq(loss.options[o], again.options[o]);
    siam_text_clear(&text);
  }
}

Test(loss, what_the_embeddings_cannot_fulfil_is_refused) {
  siam_loss loss;
  cr_assert_eq(siam_loss_parse("contrastive margin=1.5", &loss), SIAM_OK);
  cr_expect_eq(siam_loss_check(&loss, 2, true), SIAM_OK);
  cr_expect_eq(siam_loss_check(&loss, INFINITY, false), SIAM_OK);
  cr_expect_eq(siam_loss_check(&loss, 1, false), SIAM_ERROR_ARGUMENT);
  cr_expect_not_null(strstr(siam_last_error(), "a margin of 1.5 cannot be reached"), "%s", siam_last_error());
}

/// The whole of docs/losses.md, and what siamese-train says of itself.
static char *documentation(void) {
  uint8_t *bytes = NULL;
  size_t count = 0;
  cr_assert_eq(siam_file_read(SIAMESE_SOURCE_DIR "/docs/losses.md", 1 << 20, &bytes, &count), SIAM_OK);
  return (char *)bytes;
}

Test(loss, documentation_and_help_name_every_one_with_its_standard_options) {
  char *page = documentation();
  siam_command_result help = SIAM_RUN(NULL, "siamese-train", "--help");
  for (size_t i = 0; siam_loss_types[i] != NULL; i++) {
    siam_loss loss;
    siam_text name = {0}, options = {0};
    cr_assert_eq(siam_loss_parse(siam_loss_types[i]->name, &loss), SIAM_OK);
    siam_text_add(&name, "| `%s` |", loss.type->name);
    siam_options_write(loss.type->options, 0, true, loss.options, &options);
    options.bytes[0] = '`';
    siam_text_add(&options, "`");
    cr_expect_not_null(strstr(page, name.bytes), "docs/losses.md: %s is missing", name.bytes);
    cr_expect_not_null(strstr(page, options.bytes), "docs/losses.md: %s is missing", options.bytes);
    cr_expect_not_null(strstr(help.out, loss.type->name), "--help does not name %s", loss.type->name);
    siam_text_clear(&name);
    siam_text_clear(&options);
  }
  siam_command_release(&help);
  siam_free(page);
}
