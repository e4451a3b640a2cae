/// What a command's table looks like in print.
#ifndef SIAM_APPS_MANUAL_H
#define SIAM_APPS_MANUAL_H

#include "common/command.h"

/// The options every command has beside its own: help and version. Ends as all option lists do.
extern const app_option app_standard_options[];

/// --help: 80 columns of plain text.
void app_print_help(const app_command *command);

/// The manual page, in the man macros of roff.
void app_print_man_page(const app_command *command);

/// A completion function for bash.
void app_print_completion(const app_command *command);

#endif
