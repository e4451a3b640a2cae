#!/usr/bin/env python3
"""Computes every figure of a report again, with NumPy and scikit-learn, from nothing but embeddings and pairs.

    pip install scikit-learn && python3 tests/peers/check_report.py BIN MODEL DATA

BIN is the folder of the commands and DATA class folders. A pair list is drawn from DATA, so that the pairs are known;
its report is checked pair by pair, and that of DATA for what takes classes.
"""
import csv
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy
from sklearn.decomposition import PCA
from sklearn.metrics import brier_score_loss, confusion_matrix, roc_auc_score, roc_curve
from sklearn.neighbors import NearestNeighbors

# The page has nine digits; embeddings are float32, and distances of a model are rounded to it.
CLOSE = 2e-6
checked = 0


def check(name, ours, theirs, tolerance=CLOSE):
    global checked
    ours, theirs = numpy.asarray(ours, float), numpy.asarray(theirs, float)
    off = numpy.max(numpy.abs(ours - theirs)) if ours.size else 0
    if not off <= tolerance:
        sys.exit(f"{name}: off by {off}: {ours} against {theirs}")
    checked += ours.size
    print(f"  {name}: {ours.size} figures, off by {off:.1e} at most")


def report(binaries, model, data, folder):
    page = folder / "report.html"
    subprocess.run([binaries / "siamese-eval", "-m", model, data, "--report", page, "-q"], check=True, stdout=subprocess.DEVNULL)
    text = page.read_text(encoding="utf-8")
    begin = text.index('type="application/json">') + len('type="application/json">')
    return json.loads(text[begin:text.index("</script>", begin)])


def embed(binaries, model, paths, folder):
    subprocess.run([binaries / "siamese-embed", "-m", model, *paths, "-o", folder / "e.npy", "-q"], check=True, stdout=subprocess.DEVNULL)
    return numpy.load(folder / "e.npy").astype(float), (folder / "e.txt").read_text().splitlines()


def figure(page, name):
    return next(row["value"] for row in page["figures"] if row["name"].startswith(name))


def check_pairs(binaries, model, paths, classes, folder):
    random = numpy.random.default_rng(5)
    pairs = set()
    while len(pairs) < 3000:
        a, b = random.integers(0, len(paths), 2)
        if a < b and (len(pairs) % 2 == 0) == (classes[a] == classes[b]):
            pairs.add((int(a), int(b)))
    pairs = sorted(pairs)
    with open(folder / "pairs.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["a", "b", "label"])
        for a, b in pairs:
            writer.writerow([pathlib.Path(paths[a]).resolve(), pathlib.Path(paths[b]).resolve(), int(classes[a] == classes[b])])
    page = report(binaries, model, folder / "pairs.csv", folder)
    embeddings, _ = embed(binaries, model, paths, folder)
    distance = numpy.array([numpy.linalg.norm(embeddings[a] - embeddings[b]) for a, b in pairs]).astype(numpy.float32).astype(float)
    same = numpy.array([classes[a] == classes[b] for a, b in pairs])

    far, tar, _ = roc_curve(same, -distance, drop_intermediate=False)
    check("ROC AUC", figure(page, "ROC AUC"), roc_auc_score(same, -distance))
    gap = 1 - tar - far
    after = int(numpy.argmax(gap <= 0))
    part = gap[after - 1] / (gap[after - 1] - gap[after])
    check("equal error rate", figure(page, "Equal error"), far[after - 1] + part * (far[after] - far[after - 1]))
    threshold = page["distances"]["threshold"]
    check("accuracy", figure(page, "Accuracy"), numpy.mean((distance <= threshold) == same))
    check("ROC curve", [point[1] for point in page["curve"]],
          [tar[far <= point[0] * (1 + 1e-9)].max() for point in page["curve"]])
    # A threshold that equals a distance, as 0.35 may, is one distance more or less.
    step = page["distances"]["step"]
    for kind, which in (("same", same), ("different", ~same)):
        check(f"histogram of {kind} pairs", page["distances"][kind],
              [(distance[which] <= i * step).sum() for i in range(len(page["distances"][kind]))], 1)
    for point in page["distances"]["points"]:
        check(f"threshold {point['name']}", [point["same"], point["different"]],
              [(distance[same] <= point["threshold"]).sum(), (distance[~same] <= point["threshold"]).sum()])
    check_reliability(page, distance, same)
    for key, kind, accepted, sign in (("false_accepts", ~same, True, 1), ("false_rejects", same, False, -1),
                                      ("lucky_same", same, True, -1), ("lucky_different", ~same, False, 1)):
        fits = numpy.sort(sign * distance[kind & ((distance <= threshold) == accepted)]) * sign
        shown = [pair["distance"] for pair in page["examples"][key]]
        check(f"extreme of {key}", shown[:1], fits[:len(shown[:1])])
        check(f"{key} are of their kind", [min(abs(fits - value)) for value in shown], [0] * len(shown))


def check_reliability(page, distance, same):
    """Fifteen bins of equally many pairs; pairs of one distance share their labels."""
    order = numpy.argsort(distance, kind="stable")
    similarity = {pair["distance"]: pair["similarity"] for list_ in page["examples"].values() for pair in list_}
    near, far = min(similarity), max(similarity)
    odds = {d: numpy.log(p / (1 - p)) for d, p in similarity.items() if 1e-4 < p < 1 - 1e-4}
    slope, offset = numpy.polyfit(list(odds), list(odds.values()), 1)
    probability = 1 / (1 + numpy.exp(-(slope * distance + offset)))
    check(f"similarity between {near:.2f} and {far:.2f}", list(similarity.values()),
          [1 / (1 + numpy.exp(-(slope * d + offset))) for d in similarity], 1e-5)
    bins = [order[i * len(order) // 15:(i + 1) * len(order) // 15] for i in range(15)]
    check("reliability, similarity", [row[0] for row in page["reliability"]["bins"]], [probability[b].mean() for b in bins], 1e-5)
    check("reliability, share", [row[1] for row in page["reliability"]["bins"]], [same[b].mean() for b in bins], 2e-3)
    error = sum(abs((probability[b] - same[b]).sum()) for b in bins) / len(order)
    check("expected calibration error", page["reliability"]["expected_error"], error, 2e-4)
    check("Brier score", page["reliability"]["brier"], brier_score_loss(same, probability), 1e-5)


def check_classes(binaries, model, data, folder):
    page = report(binaries, model, data, folder)
    embeddings, paths = embed(binaries, model, [data], folder)
    names = [str(pathlib.Path(path).parent.relative_to(data)) for path in paths]
    classes = numpy.unique(names, return_inverse=True)[1]
    order = NearestNeighbors(n_neighbors=len(paths) - 1, algorithm="brute").fit(embeddings).kneighbors(return_distance=False)
    right = classes[order] == classes[:, None]
    for k in (1, 2, 4, 8):
        check(f"Recall@{k}", figure(page, f"Recall@{k}"), right[:, :k].any(axis=1).mean())
    precision = []
    for row, own in zip(right, classes):
        wanted = (classes == own).sum() - 1
        precision.append((row[:wanted] * numpy.cumsum(row[:wanted]) / numpy.arange(1, wanted + 1)).sum() / wanted)
    check("mAP@R", figure(page, "mAP@R"), numpy.mean(precision))
    all_names = sorted(set(names))
    matrix = confusion_matrix(names, [names[row[0]] for row in order], labels=all_names)
    for mix in page["mix_ups"]:
        check(f"{mix['truth']} taken for {mix['taken_for']}", mix["count"],
              matrix[all_names.index(mix["truth"]), all_names.index(mix["taken_for"])])
    most = numpy.sort((matrix - numpy.diag(numpy.diag(matrix))).flatten())[::-1]
    check("the most frequent mix-ups", [mix["count"] for mix in page["mix_ups"]], most[:len(page["mix_ups"])])
    for row in page["classes"]:
        own = numpy.array(names) == row["name"]
        check(f"Recall@1 and mAP@R of {row['name']}", [row["recall_at_1"], row["map_at_r"]],
              [right[own, 0].mean(), numpy.array(precision)[own].mean()])
    pca = PCA(2, svd_solver="full").fit(embeddings)
    check("variance on the map", page["map"]["share"], pca.explained_variance_ratio_, 1e-5)
    plane = dict(zip(paths, pca.transform(embeddings)))
    for axis, key in enumerate("xy"):
        ours = numpy.array([point[key] for point in page["map"]["points"]])
        theirs = numpy.array([plane[point["path"]][axis] for point in page["map"]["points"]])
        check(f"map, {key}", ours * numpy.sign(ours @ theirs), theirs, 1e-5)
    return paths, classes


def main():
    binaries, model, data = (pathlib.Path(argument) for argument in sys.argv[1:])
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        paths, classes = check_classes(binaries, model, data, folder)
        check_pairs(binaries, model, paths, classes, folder)
    print(f"{checked} figures agree")


main()
