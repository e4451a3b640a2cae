/// views.h: looks at a picture more than once, so that a copy is known that shows only part of it.
///
/// One embedding that stays the same when a fifth of a picture is cut off, when it is mirrored, framed or
/// turned has to forget much of what tells pictures apart. With views the network may stay strict, and
/// comparing looks several times: at both pictures as they are, and at parts of either. A copy as it is meets
/// a part of its original, or the other way round, so the distance of two pictures is the least of
///   |a₀ − b₀|,  λ |aᵥ − bₚ|,  λ |aₚ − bᵥ|   for every view v and its partner p(v), mostly the whole,
/// the same in both directions, and 0 for a picture and itself. λ is above 1: wholes are one try and parts
/// are many, of which the nearest is near by chance. Without it a threshold strict enough for parts would
/// part wholes that are one picture. A copy that was turned lost its corners to a filling or a cut, so a
/// middle, turned, is compared with the other's middle as it is, and small copies with small copies.
///
/// Other views are averaged: the embedding of a picture is the mean of those of slightly moved looks at it,
/// which depends less on where exactly it lies. Then there is one row for a picture, as without views.
///
/// Views are made from the network's own pixels, in integers: the same bits everywhere, and no second
/// decoding.
#ifndef SIAM_PIPELINE_VIEWS_H
#define SIAM_PIPELINE_VIEWS_H

#include "data/images.h"
#include "model/model.h"

/// A fixed list of views; static storage. NULL stands for looking once, at the whole.
typedef struct siam_views siam_views;

/// The list of this name, or where `name` is NULL none; SIAM_ERROR_UNSUPPORTED names those there are.
siam_status siam_views_find(const char *name, const siam_views **views);

/// What the model file says its pictures are compared by. Errors name the file.
siam_status siam_views_of_model(const siam_model *model, const siam_views **views);
/// Keeps a list in the model, by name; NULL keeps none.
siam_status siam_views_keep(const siam_views *views, siam_model *model);

/// Looks at a picture: the whole is the first. 1 for NULL.
uint32_t siam_views_count(const siam_views *views);

/// Embeddings that are kept of them, V: as many, or the mean of all. 1 for NULL.
uint32_t siam_views_rows(const siam_views *views);

/// The mean of the embeddings [views, D] of looks that are averaged, brought to length 1 where the encoder's
/// are.
void siam_views_average(const siam_views *views, bool unit_length, const float *embeddings, size_t dimensions,
                        float *mean);

/// What a view shows, such as "the middle 80 %"; NULL for the whole.
const char *siam_views_describe(const siam_views *views, uint32_t view);

/// Writes every view, the whole first, of a picture's bytes [H,W,C] to `output` [views,H,W,C]. A view that is
/// compared with a part and shows nothing (an empty frame's middle) would be like every other such: the whole
/// stands in its place.
siam_status siam_views_make(const siam_views *views, const siam_picture_shape *shape, const uint8_t *bytes,
                            uint8_t *output);

/// Writes one of them alone to `output` [H,W,C].
siam_status siam_views_make_one(const siam_views *views, uint32_t view, const siam_picture_shape *shape,
                                const uint8_t *bytes, uint8_t *output);

/// A place in pixels: 0, 0 is the upper left corner of the first.
typedef struct siam_point {
  double x, y;
} siam_point;

/// Where a view lies in the picture: the places of its own upper left, upper right, lower right and lower
/// left corner, which may lie outside where it is turned.
void siam_views_outline(const siam_views *views, uint32_t view, const siam_picture_shape *shape,
                        siam_point corners[4]);

/// Whether pictures are then looked at closer, in colour (closer_look.h).
bool siam_views_look_closer(const siam_views *views);

/// p(v): the other picture's view that this one is compared with; 0 is the whole.
uint32_t siam_views_against(const siam_views *views, uint32_t view);

/// λ: so many times as far apart counts what a part shows. 1 where the whole alone is compared.
double siam_views_part_factor(const siam_views *views);

/// Views at which two pictures are nearest.
typedef struct siam_views_match {
  double distance; ///< Of a part: with its factor.
  uint32_t a, b;   ///< Numbers of the views; 0: the whole.
  bool either;     ///< The same views the other way round are as near, as of a picture and its mirror image.
} siam_views_match;

/// Of the rows `a` and `b` [V, D]. Averaged views have one, of which nothing but the distance is to be said.
siam_views_match siam_views_compare(const siam_views *views, const float *a, const float *b,
                                    size_t dimensions);

/// Whether siam_views_compare() of the same rows [V, D] may come to a distance whose square is at most
/// `limit`: false only where it cannot. For searches, which skip most pairs by it: it looks at the first
/// numbers of each row alone, over which a sum of squares is never above that over all. Whoever squares a
/// rounded distance leaves room for that rounding.
bool siam_views_may_be_near(const siam_views *views, const float *a, const float *b, size_t dimensions,
                            double limit);

#endif
