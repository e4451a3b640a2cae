#include "data/check.h"

#include <inttypes.h>

/// Findings of each kind that the text names.
enum { NAMED = 10 };

static const char *const form_names[] = {[SIAM_DATASET_CLASS_FOLDERS] = "class folders",
                                         [SIAM_DATASET_PAIR_FOLDERS] = "pair folders",
                                         [SIAM_DATASET_PAIR_LIST] = "pair list",
                                         [SIAM_DATASET_LFW_PAIRS] = "persons and pairs.txt",
                                         [SIAM_DATASET_PICTURES] = "pictures without labels"};

static const char *const kind_names[SIAM_FINDING_KINDS] = {
    [SIAM_FINDING_BROKEN] = "Broken",
    [SIAM_FINDING_CONTRADICTION] = "Same content under two labels",
    [SIAM_FINDING_LEAK] = "Same content in training and validation",
    [SIAM_FINDING_REPEATED] = "Same content twice"};

/// A text from outside, with control characters (C0, DEL and C1) made visible, so that no file name can speak
/// to the terminal.
static void add_visible(siam_text *text, const char *from) {
  for (const unsigned char *byte = (const unsigned char *)from; *byte != '\0'; byte++) {
    bool begins_c1 = byte[0] == 0xC2 && byte[1] >= 0x80 && byte[1] < 0xA0;
    bool plain = *byte >= 0x20 && *byte != 0x7F && !begins_c1;
    if (plain)
      siam_text_add_bytes(text, (const char *)byte, 1);
    else
      siam_text_add(text, "\\x%02x", *byte);
    if (begins_c1) siam_text_add(text, "\\x%02x", *++byte);
  }
}

static void add_line(siam_text *text, const char *name, uint64_t number) {
  siam_text_add(text, "%-26s%10" PRIu64 "\n", name, number);
}

static void add_summary(siam_text *text, const char *name, const uint32_t *three) {
  siam_text_add(text, "%-26s%10u%8u%8u\n", name, three[0], three[1], three[2]);
}

static void add_pictures(siam_text *text, const siam_check_report *report) {
  add_line(text, "pictures", report->pictures);
  add_line(text, "  readable", report->readable);
  add_line(text, "  broken", report->found[SIAM_FINDING_BROKEN]);
  add_line(text, "  turned upright", report->rotated);
  add_line(text, "  with alpha", report->alpha);
  add_line(text, "  grey", report->grey);
  add_line(text, "  16 bits", report->sixteen_bit);
  add_line(text, "  of one shade", report->blank);
  add_line(text, "entries skipped", report->skipped);
}

static void add_labels(siam_text *text, const siam_check_report *report) {
  if (report->classes > 0) {
    add_line(text, "classes", report->classes);
    add_line(text, "  of one picture", report->singletons);
    add_line(text, "parent folders", report->parents);
  }
  add_line(text, "same pairs", report->same);
  add_line(text, "different pairs", report->different);
}

static void add_contents(siam_text *text, const siam_check *check) {
  add_line(text, "content seen twice", check->report.found[SIAM_FINDING_REPEATED]);
  add_line(text, "content with two labels", check->report.found[SIAM_FINDING_CONTRADICTION]);
  if (check->validation != NULL)
    add_line(text, "content in validation too", check->report.found[SIAM_FINDING_LEAK]);
}

static void add_finding(siam_text *text, const siam_finding *finding) {
  siam_text_add(text, "  ");
  if (finding->other != NULL) {
    add_visible(text, finding->path);
    siam_text_add(text, "\n  = ");
    add_visible(text, finding->other);
    siam_text_add(text, ": ");
  }
  add_visible(text, finding->reason);
  siam_text_add(text, "\n");
}

static void add_findings(siam_text *text, const siam_check_report *report) {
  uint32_t next = 0;
  for (int kind = 0; kind < SIAM_FINDING_KINDS; kind++) {
    uint32_t count = report->found[kind], end = next + count;
    if (count > 0) siam_text_add(text, "\n%s:\n", kind_names[kind]);
    for (uint32_t i = 0; i < count && i < NAMED; i++) {
      add_finding(text, &report->findings[next + i]);
    }
    if (count > NAMED) siam_text_add(text, "  and %u more\n", count - NAMED);
    next = end;
  }
}

siam_status siam_check_write(siam_check *check) {
  siam_text *text = &check->text;
  siam_check_report *report = &check->report;
  report->findings = check->findings;
  add_visible(text, siam_dataset_get_path(check->training));
  siam_text_add(text, " (%s)\n\n", form_names[siam_dataset_get_form(check->training)]);
  add_pictures(text, report);
  add_labels(text, report);
  add_contents(text, check);
  siam_text_add(text, "\n%-26s%10s%8s%8s\n", "", "least", "middle", "most");
  add_summary(text, "width", report->width);
  add_summary(text, "height", report->height);
  if (report->classes > 0) add_summary(text, "pictures of a class", report->class_size);
  add_findings(text, report);
  siam_text_add(text, report->can_train ? "\nThese data can be trained on." : "\nCannot be trained on: ");
  add_visible(text, check->reason);
  siam_text_add(text, "\n");
  return siam_text_status(text);
}
