#!/usr/bin/env python3
"""Writes tests/pipeline/golden_retrieval.h: embeddings of classes, and what scikit-learn says of finding them.

    pip install scikit-learn && python3 tests/peers/golden_retrieval.py > tests/pipeline/golden_retrieval.h
"""
import textwrap

import numpy
import sklearn
from sklearn.decomposition import PCA
from sklearn.metrics import confusion_matrix
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

IMAGES, CLASSES, DIMENSION = 72, 6, 5
random = numpy.random.default_rng(31)
classes = numpy.sort(random.integers(0, CLASSES, IMAGES))
centres = random.normal(size=(CLASSES, DIMENSION)) * [1.5, 1, 0.7, 0.4, 0.3]
values = (centres[classes] + random.normal(scale=0.6, size=(IMAGES, DIMENSION))).astype(numpy.float32)

exact = values.astype(float)
order = NearestNeighbors(n_neighbors=IMAGES - 1, algorithm="brute").fit(exact).kneighbors(return_distance=False)
right = classes[order] == classes[:, None]
recall = [right[:, :k].any(axis=1).mean() for k in (1, 2, 4, 8)]


def average_precision_at_r(row, wanted):
    return sum(row[:i + 1].mean() for i in range(wanted) if row[i]) / wanted


map_at_r = numpy.mean([average_precision_at_r(right[i], (classes == classes[i]).sum() - 1) for i in range(IMAGES)])
predicted = [KNeighborsClassifier(1, algorithm="brute").fit(numpy.delete(exact, i, 0), numpy.delete(classes, i))
             .predict(exact[i:i + 1])[0] for i in range(IMAGES)]
pca = PCA(2, svd_solver="full").fit(exact)


def array(name, numbers, kind="double"):
    line = f"static const {kind} {name}[] = {{{', '.join(repr(number) for number in numbers)}}};"
    print(textwrap.fill(line, 110, subsequent_indent="    ", break_long_words=False))


print("// Made by tests/peers/golden_retrieval.py with"
      f" scikit-learn {sklearn.__version__}, NumPy {numpy.__version__}.")
print("// clang-format off")
print(f"enum {{ GOLDEN_IMAGES = {IMAGES}, GOLDEN_CLASSES = {CLASSES}, GOLDEN_DIMENSION = {DIMENSION} }};")
array("golden_values", [float(value) for value in values.flat], "float")
array("golden_classes", classes.tolist(), "unsigned")
array("golden_recall", [float(value) for value in recall])
print(f"static const double golden_map_at_r = {float(map_at_r)!r};")
array("golden_confusion", confusion_matrix(classes, predicted).flatten().tolist(), "unsigned")
array("golden_projection", pca.transform(exact).flatten().tolist())
array("golden_variance", pca.explained_variance_ratio_.tolist())
