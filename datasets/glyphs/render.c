#include "render.h"

#include <limits.h>
#include <math.h>
#include <string.h>

/// The pose's linear map of font units, x right and y up.
typedef struct linear_map {
  float xx, xy, yx, yy;
} linear_map;

/// The smallest box around the outline's points; curves stay inside that of their control points.
typedef struct box {
  float left, bottom, right, top;
} box;

static linear_map pose_map(const siam_glyph_pose *pose) {
  float cosine = cosf(pose->rotation), sine = sinf(pose->rotation);
  // rotation · (stretch, shear; 0, 1)
  return (linear_map){cosine * pose->stretch, cosine * pose->shear - sine, sine * pose->stretch,
                      sine * pose->shear + cosine};
}

static float limited(float value) {
  return fminf(fmaxf(value, SHRT_MIN), SHRT_MAX);
}

static void move_point(const linear_map *map, stbtt_vertex_type *x, stbtt_vertex_type *y, box *bounds) {
  float right = limited(roundf(map->xx * *x + map->xy * *y));
  float up = limited(roundf(map->yx * *x + map->yy * *y));
  *x = (stbtt_vertex_type)right;
  *y = (stbtt_vertex_type)up;
  bounds->left = fminf(bounds->left, right);
  bounds->right = fmaxf(bounds->right, right);
  bounds->bottom = fminf(bounds->bottom, up);
  bounds->top = fmaxf(bounds->top, up);
}

static box move_outline(const linear_map *map, stbtt_vertex *points, int count) {
  box bounds = {INFINITY, INFINITY, -INFINITY, -INFINITY};
  for (int i = 0; i < count; i++) {
    stbtt_vertex *point = &points[i];
    move_point(map, &point->x, &point->y, &bounds);
    if (point->type == STBTT_vcurve || point->type == STBTT_vcubic)
      move_point(map, &point->cx, &point->cy, &bounds);
    if (point->type == STBTT_vcubic) move_point(map, &point->cx1, &point->cy1, &bounds);
  }
  return bounds;
}

void siam_glyph_draw(const stbtt_fontinfo *font, int glyph, const siam_glyph_pose *pose, int side,
                     uint8_t *pixels) {
  size_t area = (size_t)side * (size_t)side;
  memset(pixels, 0, area);
  stbtt_vertex *points = NULL;
  int count = stbtt_GetGlyphShape(font, glyph, &points);
  if (count > 0) {
    linear_map map = pose_map(pose);
    box bounds = move_outline(&map, points, count);
    float width = bounds.right - bounds.left, height = bounds.top - bounds.bottom;
    float longer = fmaxf(fmaxf(width, height), 1.0f);
    float scale = pose->extent * (float)side / longer;
    float left = 0.5f * ((float)side - scale * width) * (1.0f + pose->right);
    float above = 0.5f * ((float)side - scale * height) * (1.0f - pose->up);
    stbtt__bitmap bitmap = {.w = side, .h = side, .stride = side, .pixels = pixels};
    stbtt_Rasterize(&bitmap, 0.35f, points, count, scale, scale, left - scale * bounds.left,
                    above + scale * bounds.top, 0, 0, 1, NULL);
  }
  stbtt_FreeShape(font, points);
  for (size_t i = 0; i < area; i++) pixels[i] = (uint8_t)(255 - pixels[i]);
}
