#!/usr/bin/python3
"""choose_rate.py WORK BIN MODEL: by which false-accept rate the verdicts of the model should go.

The rule: the largest of RATES at which at most one hard pair in a thousand is likely to be called same in packages that
the threshold was not fitted on, and 95 % of all edited pictures are found. Judged on the pairs that siamese-train fits
thresholds on, WORK/standard/pairs.csv, which are those of the roles "tune", "develop" and "check": each package in turn is left
out, the threshold fitted on the others, and the left out package's hard pairs called same are counted. What counts is
the upper end of the 95 % interval of their share, by drawing packages anew (bootstrap). The other goals of recall are
shown beside it, and decide nothing. Prints the table and
"chosen: RATE", or "chosen: none".
"""
import collections
import csv
import pathlib
import sys

import numpy

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import edits
import evaluate

RATES = [1e-3, 5e-4, 4e-4, 3e-4, 2e-4, 1e-4]
MOST_FALSE = 1e-3
LEAST_FOUND = 0.95
DRAWS = 10000
CHUNK = 20000
GOALS = [
    ("all edits", lambda edit, group: True),
    ("where pHash holds", lambda edit, group: group == "hash"),
    ("crop 5 % a side", lambda edit, group: edit == "crop 5 % a side"),
    ("crop 20 % a side", lambda edit, group: edit == "crop 20 % a side"),
    ("rotate 4", lambda edit, group: edit == "rotate 4"),
    ("border 20 %", lambda edit, group: edit == "border 20 %"),
]


def read_pairs(standard):
    """Indexes of the copies and originals, which pairs are same, the edits and the packages; and the files."""
    with open(standard / "pairs.csv", newline="") as file:
        rows = list(csv.reader(file))[1:]
    files = sorted({name for row in rows for name in row[:2]})
    number = {name: i for i, name in enumerate(files)}
    a, b = (numpy.array([number[row[side]] for row in rows]) for side in (0, 1))
    kinds = numpy.array([int(pathlib.PurePath(row[0]).stem) - 1 for row in rows])
    packages = numpy.array(["/".join(row[0].split("/")[:2]) for row in rows])
    return a, b, numpy.array([row[2] == "same" for row in rows]), kinds, packages, [standard / name for name in files]


def distances_of(features, views, a, b):
    """As evaluate.distances, of pairs one by one."""
    features = features / numpy.linalg.norm(features[0, 0])
    parts = []
    for first in range(0, len(a), CHUNK):
        left, right = features[a[first : first + CHUNK]], features[b[first : first + CHUNK]]
        of = [(left, right[:, views["against"]]), (right, left[:, views["against"]])]
        apart = [2 - 2 * numpy.einsum("nvd,nvd->nv", x, y) for x, y in of]
        for of_either in apart:
            of_either[:, 1:] *= views["part_factor"] ** 2
        parts.append(numpy.sqrt(numpy.maximum(numpy.minimum(apart[0].min(1), apart[1].min(1)), 0)))
    return numpy.concatenate(parts)


def left_out(distances, packages, rate):
    """For each package: its hard pairs, and how many of them are called same by the others' threshold."""
    counts = collections.OrderedDict()
    for package in numpy.unique(packages):
        own = packages == package
        threshold = evaluate.threshold_of(distances[~own], rate)
        counts[package] = (int(own.sum()), int((distances[own] <= threshold).sum()))
    return counts


def upper_share(counts):
    """The share over all packages, and the upper end of its 95 % interval."""
    pairs, false = (numpy.array(column) for column in zip(*counts.values()))
    drawn = numpy.random.default_rng(1).integers(0, len(pairs), (DRAWS, len(pairs)))
    shares = false[drawn].sum(1) / pairs[drawn].sum(1)
    return false.sum() / pairs.sum(), float(numpy.quantile(shares, 0.975))


def recalls(found, kinds):
    rows = [edits.STANDARD[kind][:2] for kind in kinds]
    return {name: float(found[numpy.array([chosen(*row) for row in rows])].mean()) for name, chosen in GOALS}


def main():
    work, binaries, model = (pathlib.Path(argument) for argument in sys.argv[1:])
    a, b, same, kinds, packages, files = read_pairs(work / "standard")
    distances = distances_of(*evaluate.embed(binaries, model, files), a, b)
    chosen = None
    for rate in RATES:
        counts = left_out(distances[~same], packages[~same], rate)
        share, upper = upper_share(counts)
        threshold = evaluate.threshold_of(distances[~same], rate)
        reached = recalls(distances[same] <= threshold, kinds[same])
        fits = upper <= MOST_FALSE and reached["all edits"] >= LEAST_FOUND
        chosen = rate if fits and chosen is None else chosen
        print(f"rate {rate:g}: threshold {threshold:.4f}, left out {100 * share:.3f} %, at most {100 * upper:.3f} %")
        print("  " + ", ".join(f"{name} {100 * recall:.2f} %" for name, recall in reached.items()))
        for package, (pairs, false) in counts.items():
            print(f"  {package}: {100 * false / pairs:.3f} % of {pairs} hard pairs")
    print(f"chosen: {chosen:g}" if chosen else "chosen: none")


if __name__ == "__main__":
    main()
