#include "fonts.h"

#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FONT_BYTES_LIMIT = 64 << 20 };

/// A Debian package, the folder its fonts lie in, and the one script to take from it (NULL: all).
typedef struct font_package {
  const char *package, *folder, *script;
} font_package;

static const font_package packages[] = {
    {"culmus", "/usr/share/fonts/truetype/culmus", NULL},
    // Several of these keep letters of one alphabet in the places of another.
    {"fonts-bpg-georgian", "/usr/share/fonts/truetype/fonts-bpg-georgian", "Georgian"},
    {"fonts-comfortaa", "/usr/share/fonts/truetype/comfortaa", NULL},
    {"fonts-dejavu-core and fonts-dejavu-extra", "/usr/share/fonts/truetype/dejavu", NULL},
    {"fonts-freefont-ttf", "/usr/share/fonts/truetype/freefont", NULL},
    {"fonts-gfs-artemisia", "/usr/share/fonts/opentype/artemisia", NULL},
    {"fonts-gfs-didot", "/usr/share/fonts/opentype/didot", NULL},
    {"fonts-gfs-neohellenic", "/usr/share/fonts/opentype/neohellenic", NULL},
    {"fonts-hack", "/usr/share/fonts/truetype/hack", NULL},
    {"fonts-jura", "/usr/share/fonts/opentype/jura", NULL},
    {"fonts-liberation2", "/usr/share/fonts/truetype/liberation2", NULL},
    {"fonts-linuxlibertine", "/usr/share/fonts/opentype/linux-libertine", NULL},
    {"fonts-oldstandard", "/usr/share/fonts/truetype/fonts-oldstandard", NULL},
    {"fonts-open-sans", "/usr/share/fonts/truetype/open-sans", NULL},
    {"fonts-thai-tlwg-ttf", "/usr/share/fonts/truetype/tlwg", NULL},
};

/// Fonts whose letters stand on something: key caps, and the ruled lines of a writing book.
static const char *const not_plain[] = {"LinBiolinum_K.", "BPG_DedEena_"};

static bool is_plain(const char *name) {
  for (size_t i = 0; i < sizeof not_plain / sizeof not_plain[0]; i++)
    if (strncmp(name, not_plain[i], strlen(not_plain[i])) == 0) return false;
  return true;
}

static bool is_font_name(const char *name) {
  size_t length = strlen(name);
  return length > 4 && (strcmp(name + length - 4, ".ttf") == 0 || strcmp(name + length - 4, ".otf") == 0);
}

static siam_status add_font(siam_glyph_fonts *list, const char *path, const char *file_name,
                            const char *script, const siam_logger *logger) {
  SIAM_RETURN_IF_FAILED(SIAM_GROW(list->fonts, list->count, list->capacity));
  siam_glyph_font *font = &list->fonts[list->count];
  *font = (siam_glyph_font){.script = script};
  size_t size = 0;
  SIAM_RETURN_IF_FAILED(siam_file_read(path, FONT_BYTES_LIMIT, &font->bytes, &size));
  int start = size > 12 ? stbtt_GetFontOffsetForIndex(font->bytes, 0) : -1;
  if (start < 0 || !stbtt_InitFont(&font->information, font->bytes, start)) {
    siam_log(logger, SIAM_LOG_WARNING, "%s: not a font that stb_truetype can read; passed over", path);
    siam_free(font->bytes);
    return SIAM_OK;
  }
  list->count++;
  font->name = siam_copy_text(file_name);
  if (font->name == NULL) return SIAM_ERROR_MEMORY;
  font->name[strlen(font->name) - 4] = '\0';
  return SIAM_OK;
}

static siam_status add_folder(siam_glyph_fonts *list, const char *folder, const char *script,
                              const siam_logger *logger) {
  char *roots[] = {(char *)folder, NULL};
  FTS *walk = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, NULL);
  if (walk == NULL) return siam_fail(SIAM_ERROR_FILE, "%s: cannot be read: %s", folder, strerror(errno));
  siam_status status = SIAM_OK;
  for (FTSENT *entry = fts_read(walk); entry != NULL && status == SIAM_OK; entry = fts_read(walk))
    if (entry->fts_info == FTS_F && is_font_name(entry->fts_name) && is_plain(entry->fts_name))
      status = add_font(list, entry->fts_path, entry->fts_name, script, logger);
  fts_close(walk);
  return status;
}

static siam_status add_packages(siam_glyph_fonts *list, const siam_logger *logger) {
  for (size_t i = 0; i < sizeof packages / sizeof packages[0]; i++) {
    if (access(packages[i].folder, R_OK) != 0)
      return siam_fail(SIAM_ERROR_FILE, "%s: cannot be read: %s; install Debian's %s (script/setup does)",
                       packages[i].folder, strerror(errno), packages[i].package);
    SIAM_RETURN_IF_FAILED(add_folder(list, packages[i].folder, packages[i].script, logger));
  }
  return SIAM_OK;
}

static int by_name(const void *a, const void *b) {
  return strcmp(((const siam_glyph_font *)a)->name, ((const siam_glyph_font *)b)->name);
}

siam_status siam_glyph_fonts_load(siam_glyph_fonts *list, const char *folder, const siam_logger *logger) {
  if (folder != NULL)
    SIAM_RETURN_IF_FAILED(add_folder(list, folder, NULL, logger));
  else
    SIAM_RETURN_IF_FAILED(add_packages(list, logger));
  if (list->count == 0)
    return siam_fail(SIAM_ERROR_DATA, "%s: no .ttf or .otf file in it that can be read",
                     folder != NULL ? folder : "the folders of the listed packages");
  qsort(list->fonts, list->count, sizeof *list->fonts, by_name);
  size_t kept = 0;
  for (size_t i = 0; i < list->count; i++) {
    bool repeated = kept > 0 && strcmp(list->fonts[kept - 1].name, list->fonts[i].name) == 0;
    if (repeated) {
      siam_log(logger, SIAM_LOG_WARNING, "%s: found twice; one of the two is used", list->fonts[i].name);
      siam_free(list->fonts[i].name);
      siam_free(list->fonts[i].bytes);
    } else {
      list->fonts[kept++] = list->fonts[i];
    }
  }
  list->count = kept;
  return SIAM_OK;
}

void siam_glyph_fonts_release(siam_glyph_fonts *list) {
  for (size_t i = 0; i < list->count; i++) {
    siam_free(list->fonts[i].name);
    siam_free(list->fonts[i].bytes);
  }
  siam_free(list->fonts);
  *list = (siam_glyph_fonts){0};
}

int siam_glyph_find(const siam_glyph_font *font, const char *script, uint32_t character) {
  if (font->script != NULL && strcmp(font->script, script) != 0) return 0;
  int glyph = stbtt_FindGlyphIndex(&font->information, (int)character);
  return glyph != 0 && !stbtt_IsGlyphEmpty(&font->information, glyph) ? glyph : 0;
}
