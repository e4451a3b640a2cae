/// closer_look.h: a second look at two pictures, at their colours and their structure.
///
/// A network that knows a picture again after any edit has learned to overlook a good deal, in two pictures
/// of one series, too: one drawing in other colours, two frames of an animation, maps that differ in their
/// lines. Edits leave marks of another kind than such differences do. Another hue or a grey copy changes all
/// colours together; noise, a watermark or another brightness leaves the structure of most places as it was.
/// So two pictures are laid beside each other in the views that matched, and what is found makes their
/// distance count more:
///   d' = d · exp(Σₖ wₖ mₖ),
/// with marks mₖ in 0 … 1 and weights wₖ ≥ 0 that were fitted on pairs (closer_fit.h). It is symmetric, 0
/// still for a picture and itself, and never below d, so that searches may skip what is too far apart
/// already.
#ifndef SIAM_PIPELINE_CLOSER_LOOK_H
#define SIAM_PIPELINE_CLOSER_LOOK_H

#include "model/model.h"
#include "pipeline/views.h"

enum { SIAM_CLOSER_MARKS = 4 };

/// The marks of two pictures, each in 0 … 1:
///   structure  (1 − q) / 2, q the correlation of grey values in windows of 5 × 5 that a twentieth of all
///              places, weighted by the lesser deviation of both, does not reach;
///   colours    (1 − |γ|) · m / (m + 1), γ the complex correlation of their colour differences u + iv on a
///              grid of 16 × 16, u = 0.713 (R − Y) and v = 0.564 (B − Y), each divided by √(|u + iv| + 4);
///              a turn of all hues changes hardly more than the phase. m is the lesser mean square;
///   contrasts  the same of colour differences less their mean, undivided, with m / (m + 200);
///   greyness   1 / (m + 1), with m of the colours: of what has hardly a colour, colours say nothing.
typedef struct siam_closer_marks {
  double values[SIAM_CLOSER_MARKS];
} siam_closer_marks;

/// Beyond this a mark is as good as a verdict, and the exponential would run away.
#define SIAM_MOST_CLOSER_WEIGHT 20.0

/// Zero value: no closer look.
typedef struct siam_closer_look {
  bool fitted;
  double weights[SIAM_CLOSER_MARKS]; ///< 0 … SIAM_MOST_CLOSER_WEIGHT.
} siam_closer_look;

/// What a mark is called in model files, such as "structure".
const char *siam_closer_mark_name(int mark);

/// Of two pictures of coloured bytes [H, W, 3].
siam_status siam_closer_marks_find(const siam_picture_shape *shape, const uint8_t *a, const uint8_t *b,
                                   siam_closer_marks *marks);

/// The same in the views `match` says.
siam_status siam_closer_marks_of_match(const siam_views *views, const siam_picture_shape *shape,
                                       const uint8_t *a, const uint8_t *b, const siam_views_match *match,
                                       siam_closer_marks *marks);

/// exp(Σₖ wₖ mₖ)
double siam_closer_look_factor(const siam_closer_look *look, const siam_closer_marks *marks);

/// Looks at two pictures, and makes match->distance count as much as that says.
siam_status siam_closer_look_take(const siam_closer_look *look, const siam_views *views,
                                  const siam_picture_shape *shape, const uint8_t *a, const uint8_t *b,
                                  siam_views_match *match);

/// What the model says; the zero value of one that has no file yet and says nothing. Errors name the file.
siam_status siam_closer_look_of_model(const siam_model *model, siam_closer_look *look);
/// Keeps a look that was fitted.
siam_status siam_closer_look_keep(const siam_closer_look *look, siam_model *model);

#endif
