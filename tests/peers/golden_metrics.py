#!/usr/bin/env python3
"""Writes tests/pipeline/golden_metrics.h: distances with ties, and what scikit-learn and SciPy say of them.

    pip install scikit-learn && python3 tests/peers/golden_metrics.py > tests/pipeline/golden_metrics.h
"""
import textwrap

import numpy
import scipy.special
import sklearn
from scipy.optimize import brentq
from scipy.stats import binomtest
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import brier_score_loss, roc_auc_score, roc_curve

COUNT = 240
random = numpy.random.default_rng(20)
same = random.integers(0, 2, COUNT)
distances = random.normal(numpy.where(same == 1, 0.6, 1.0), 0.25).clip(0, 2)
distances = (numpy.round(distances * 64) / 64).astype(numpy.float32)  # A grid, so that some are equal.
scores = -distances.astype(float)

far, tar, _ = roc_curve(same, scores, drop_intermediate=False)
eer = brentq(lambda x: 1 - x - numpy.interp(x, far, tar), 0, 1, xtol=1e-15)

positive, negative = same.sum(), COUNT - same.sum()
targets = numpy.where(same == 1, (positive + 1) / (positive + 2), 1 / (negative + 2))


# Plain Newton steps on the two derivatives: good to the last digits, and nothing that ours does.
design = numpy.stack([distances.astype(float), numpy.ones(COUNT)])
platt = numpy.zeros(2)
for _ in range(50):
    probability = scipy.special.expit(-(platt @ design))
    platt -= numpy.linalg.solve((design * probability * (1 - probability)) @ design.T, design @ (targets - probability))
isotonic = IsotonicRegression(increasing=False, out_of_bounds="clip").fit(distances.astype(float), same)
asked = numpy.linspace(-0.25, 2.25, 41)
similarity = scipy.special.expit(-(platt[0] * distances.astype(float) + platt[1]))
wilson = [binomtest(hits, 1000).proportion_ci(0.95, "wilson") for hits in (0, 1, 10, 500, 1000)]


def array(name, values, kind="double"):
    line = f"static const {kind} {name}[] = {{{', '.join(repr(value) for value in values)}}};"
    print(textwrap.fill(line, 110, subsequent_indent="    ", break_long_words=False))


print("// Made by tests/peers/golden_metrics.py with"
      f" scikit-learn {sklearn.__version__}, SciPy {scipy.__version__}, NumPy {numpy.__version__}.")
print("// clang-format off")
array("golden_distances", [float(value) for value in distances], "float")
array("golden_same", same.tolist(), "unsigned char")
print(f"static const double golden_auc = {float(roc_auc_score(same, scores))!r};")
print(f"static const double golden_eer = {float(eer)!r};")
print(f"static const double golden_slope = {float(platt[0])!r}, golden_offset = {float(platt[1])!r};")
print(f"static const double golden_brier = {float(brier_score_loss(same, similarity))!r};")
array("golden_asked", asked.tolist())
array("golden_isotonic", isotonic.predict(asked).tolist())
array("golden_wilson_low", [float(interval.low) for interval in wilson])
array("golden_wilson_high", [float(interval.high) for interval in wilson])
