// The options of augmentation as names and texts: the sets, the fields, their bounds.
#include "base/memory.h"
#include "base/number.h"
#include "compute/augment.h"

#include <math.h>
#include <string.h>

// Values are Koch, Zemel and Salakhutdinov 2015 (rotation, shear, scale and shift of characters) and Simard,
// Steinkraus and Platt 2003 (the elastic part); docs/augmentation.md says what was tried.
const siam_augment_set siam_augment_sets[] = {
    {"none", "the pictures as they are", {.shift = 0}},
    {"light",
     "small shifts, turns and scales; for anything",
     {.shift = 0.04F, .rotation = 5, .scale = 0.05F}},
    {"characters",
     "strokes written by another hand: affine and elastic",
     {.shift = 0.08F, .rotation = 20, .scale = 0.15F, .aspect = 0.25F, .shear = 0.15F, .elastic = 0.045F}},
    {"photos",
     "another camera, light and moment: mirrored, moved, lit otherwise, partly hidden",
     {.shift = 0.08F,
      .rotation = 10,
      .scale = 0.15F,
      .aspect = 0.1F,
      .flip_horizontal = 0.5F,
      .brightness = 0.15F,
      .contrast = 0.3F,
      .tone = 0.3F,
      .noise = 0.03F,
      .erase = 0.25F}},
    {.name = NULL},
};

typedef struct option_field {
  const char *name;
  size_t offset;
  float highest; ///< The lowest is 0 for all.
  bool whole;
} option_field;

#define FIELD(name, highest)                                                                                 \
  { #name, offsetof(siam_augment_options, name), highest, false }
#define WHOLE(name, highest)                                                                                 \
  { #name, offsetof(siam_augment_options, name), highest, true }
static const option_field fields[] = {
    FIELD(shift, 1),
    FIELD(rotation, 180),
    FIELD(scale, 2),
    FIELD(aspect, 2),
    FIELD(shear, 0.9F),
    FIELD(affine_probability, 1),
    FIELD(flip_horizontal, 1),
    FIELD(flip_vertical, 1),
    FIELD(quarter_turn, 1),
    FIELD(elastic, 0.5F),
    WHOLE(elastic_grid, 8),
    FIELD(elastic_probability, 1),
    FIELD(brightness, 1),
    FIELD(contrast, 2),
    FIELD(tone, 4),
    FIELD(light_probability, 1),
    FIELD(noise, 1),
    FIELD(noise_probability, 1),
    FIELD(erase, 1),
    FIELD(erase_smallest, 1),
    FIELD(erase_largest, 1),
    WHOLE(erase_noise, 1),
};
enum { FIELDS = sizeof fields / sizeof fields[0] };
_Static_assert(FIELDS * sizeof(float) == sizeof(siam_augment_options), "every option has its row");

static float *value_of(siam_augment_options *options, const option_field *field) {
  return (float *)((char *)options + field->offset);
}

static float read_value(const siam_augment_options *options, const option_field *field) {
  return *(const float *)((const char *)options + field->offset);
}

static const siam_augment_set *set_named(const char *name, size_t length) {
  for (const siam_augment_set *set = siam_augment_sets; set->name != NULL; set++)
    if (strlen(set->name) == length && memcmp(set->name, name, length) == 0) return set;
  return NULL;
}

static siam_status fail_set(const char *name, size_t length) {
  siam_text names = {0};
  for (const siam_augment_set *set = siam_augment_sets; set->name != NULL; set++)
    siam_text_add(&names, "%s%s", set == siam_augment_sets ? "" : ", ", set->name);
  siam_status status = siam_text_status(&names);
  if (status == SIAM_OK)
    status = siam_fail(SIAM_ERROR_ARGUMENT, "augmentation: there is no set \"%.*s\"; the sets are %s",
                       (int)length, name, names.bytes);
  siam_text_clear(&names);
  return status;
}

siam_status siam_augment_find(const char *name, const siam_augment_set **set) {
  *set = set_named(name, strlen(name));
  return *set != NULL ? SIAM_OK : fail_set(name, strlen(name));
}

static siam_status fail_field(const char *name, size_t length) {
  siam_text names = {0};
  for (int i = 0; i < FIELDS; i++) siam_text_add(&names, "%s%s", i == 0 ? "" : ", ", fields[i].name);
  siam_status status = siam_text_status(&names);
  if (status == SIAM_OK)
    status = siam_fail(SIAM_ERROR_ARGUMENT, "augmentation: \"%.*s\" is none of its options, which are %s",
                       (int)length, name, names.bytes);
  siam_text_clear(&names);
  return status;
}

/// Reads one "name=number" of `length` bytes.
static siam_status parse_field(const char *text, size_t length, siam_augment_options *options) {
  const char *equals = memchr(text, '=', length), *end = NULL;
  size_t name_length = (size_t)(equals - text);
  for (int i = 0; i < FIELDS; i++) {
    if (strlen(fields[i].name) != name_length || memcmp(fields[i].name, text, name_length) != 0) continue;
    double value = 0;
    if (!siam_number_read(equals + 1, &end, &value) || end != text + length)
      return siam_fail(SIAM_ERROR_ARGUMENT,
                       "augmentation: \"%.*s\" needs one number after the =", (int)length, text);
    // Adding 0 makes 0 of −0, which would not be described and so not read back.
    *value_of(options, &fields[i]) = (float)value + 0.0F;
    return SIAM_OK;
  }
  return fail_field(text, name_length);
}

siam_status siam_augment_parse(const char *text, siam_augment_options *options) {
  siam_augment_options made = {0};
  for (const char *part = text;; part++) {
    size_t length = strcspn(part, ",");
    if (memchr(part, '=', length) != NULL) {
      SIAM_RETURN_IF_FAILED(parse_field(part, length, &made));
    } else {
      const siam_augment_set *set = set_named(part, length);
      if (set == NULL || part != text) return fail_set(part, length);
      made = set->options;
    }
    part += length;
    if (*part == '\0') break;
  }
  SIAM_RETURN_IF_FAILED(siam_augment_check(&made));
  *options = made;
  return SIAM_OK;
}

void siam_augment_describe(const siam_augment_options *options, siam_text *text) {
  bool any = false;
  for (int i = 0; i < FIELDS; i++) {
    float value = read_value(options, &fields[i]);
    if (value == 0) continue;
    siam_text_add(text, "%s%s=", any ? "," : "", fields[i].name);
    siam_number_add(text, value);
    any = true;
  }
  if (!any) siam_text_add(text, "none");
}

siam_status siam_augment_check(const siam_augment_options *options) {
  for (int i = 0; i < FIELDS; i++) {
    float value = read_value(options, &fields[i]);
    // Written so that NaN fails too.
    if (!(value >= 0 && value <= fields[i].highest))
      return siam_fail(SIAM_ERROR_ARGUMENT, "augmentation: %s is %g, and 0 to %g is allowed", fields[i].name,
                       (double)value, (double)fields[i].highest);
    if (fields[i].whole && value != floorf(value))
      return siam_fail(SIAM_ERROR_ARGUMENT, "augmentation: %s is %g, and must be a whole number",
                       fields[i].name, (double)value);
  }
  float smallest = options->erase_smallest > 0 ? options->erase_smallest : SIAM_AUGMENT_ERASE_SMALLEST;
  float largest = options->erase_largest > 0 ? options->erase_largest : SIAM_AUGMENT_ERASE_LARGEST;
  if (smallest > largest)
    return siam_fail(SIAM_ERROR_ARGUMENT, "augmentation: erase_smallest is %g, above erase_largest, %g",
                     (double)smallest, (double)largest);
  return SIAM_OK;
}
