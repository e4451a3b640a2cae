#!/usr/bin/python3
"""choose_rate.py WORK BIN MODEL: by which false-accept rate the verdicts of the model should go.

The rule: the largest of RATES at which at most one hard pair in a thousand is likely to be called same in a draw of packages
that the threshold was not fitted on, and 95 % of all edited pictures are found. Judged on the pairs that siamese-train fits
thresholds on, WORK/standard/pairs.csv: each role in turn, which is a draw of packages of its own, is left out, the threshold
fitted on the others, and the share of the left out role's hard pairs that are called same is taken. What counts is the upper
end of the 95 % interval of the mean share, by drawing roles anew (bootstrap). Draws differ more than packages of one draw
do, so leaving out one package at a time would foretell too little. The weights of the closer look are those of the model,
which were fitted on all roles. The other goals of recall are shown beside it, and decide nothing. Prints the table and
"chosen: RATE", or "chosen: none".
"""
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
GOALS = [
    ("all edits", lambda edit, group: True),
    ("where pHash holds", lambda edit, group: group == "hash"),
    ("crop 5 % a side", lambda edit, group: edit == "crop 5 % a side"),
    ("crop 20 % a side", lambda edit, group: edit == "crop 20 % a side"),
    ("rotate 4", lambda edit, group: edit == "rotate 4"),
    ("border 20 %", lambda edit, group: edit == "border 20 %"),
]


def read_pairs(standard):
    """The pairs, which of them are same, their edits and their roles."""
    with open(standard / "pairs.csv", newline="") as file:
        pairs = [tuple(row) for row in csv.reader(file)][1:]
    kinds = numpy.array([int(pathlib.PurePath(pair[0]).stem) - 1 for pair in pairs])
    roles = numpy.array([pair[0].split("/")[0] for pair in pairs])
    return pairs, numpy.array([pair[2] == "same" for pair in pairs]), kinds, roles


def left_out(distances, roles, rate):
    """For each role: how many hard pairs it has, and the share of them that the others' threshold calls same."""
    shares = {}
    for role in numpy.unique(roles):
        own = roles == role
        threshold = evaluate.threshold_of(distances[~own], rate)
        shares[str(role)] = (int(own.sum()), float((distances[own] <= threshold).mean()))
    return shares


def upper_share(shares):
    """The mean share, and the upper end of its 95 % interval."""
    drawn = numpy.random.default_rng(1).integers(0, len(shares), (DRAWS, len(shares)))
    return float(numpy.mean(shares)), float(numpy.quantile(numpy.array(shares)[drawn].mean(1), 0.975))


def recalls(found, kinds):
    rows = [edits.STANDARD[kind][:2] for kind in kinds]
    return {name: float(found[numpy.array([chosen(*row) for row in rows])].mean()) for name, chosen in GOALS}


def main():
    work, binaries, model = (pathlib.Path(argument) for argument in sys.argv[1:])
    pairs, same, kinds, roles = read_pairs(work / "standard")
    distances = evaluate.measure_pairs(binaries, model, work / "standard", pairs)
    chosen = None
    for rate in RATES:
        shares = left_out(distances[~same], roles[~same], rate)
        mean, upper = upper_share([share for _, share in shares.values()])
        threshold = evaluate.threshold_of(distances[~same], rate)
        reached = recalls(distances[same] <= threshold, kinds[same])
        fits = upper <= MOST_FALSE and reached["all edits"] >= LEAST_FOUND
        chosen = rate if fits and chosen is None else chosen
        print(f"rate {rate:g}: threshold {threshold:.4f}, left out {100 * mean:.3f} %, at most {100 * upper:.3f} %")
        print("  " + ", ".join(f"{name} {100 * recall:.2f} %" for name, recall in reached.items()))
        for role, (count, share) in shares.items():
            print(f"  {role}: {100 * share:.3f} % of {count} hard pairs")
    print(f"chosen: {chosen:g}" if chosen else "chosen: none")


if __name__ == "__main__":
    main()
