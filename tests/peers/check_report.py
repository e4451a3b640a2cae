#!/usr/bin/env python3
"""Computes the figures of reports again, with NumPy, SciPy and scikit-learn, from pictures, embeddings and the model file.

    apt-get install python3-sklearn python3-pil && /usr/bin/python3 tests/peers/check_report.py build/bin

BIN is the folder of the commands. Pictures are drawn and two small models trained, one of them with views; data sets
are so small that every pair is judged, so that the pairs are known. Says "skipped" and exits with 77 where
scikit-learn is missing. report_reference.py has the figures.
"""
import base64
import csv
import io
import json
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

try:
    import numpy
    from PIL import Image
    from scipy import stats
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components
    from sklearn.decomposition import PCA
    from sklearn.metrics import brier_score_loss, confusion_matrix
    from sklearn.neighbors import NearestNeighbors

    import report_reference as reference
except ImportError as missing:
    print(f"skipped: {missing}; install python3-sklearn and python3-pil of Debian")
    sys.exit(77)

# The page has nine digits; embeddings are float32, and distances of a model are rounded to it.
CLOSE = 2e-6
RATES = (1e-2, 1e-3)
TRIALS = 200000
checked = 0


def check(name, ours, theirs, tolerance=CLOSE):
    global checked
    ours, theirs = numpy.asarray(ours, float), numpy.asarray(theirs, float)
    if ours.shape != theirs.shape:
        sys.exit(f"{name}: {ours.shape} figures against {theirs.shape}")
    off = numpy.max(numpy.abs(ours - theirs)) if ours.size else 0
    if not off <= tolerance:
        sys.exit(f"{name}: off by {off}: {ours} against {theirs}")
    checked += ours.size
    print(f"  {name}: {ours.size} figures, off by {off:.1e} at most")


def require(name, holds):
    global checked
    if not holds:
        sys.exit(f"{name}: no")
    checked += 1


def check_interval(name, low, high, repetitions, tolerance=CLOSE):
    global checked
    wrong = reference.ends_outside(low, high, repetitions, tolerance)
    if wrong:
        sys.exit(f"interval of {name}: {'; '.join(wrong)}")
    checked += 2


class Work:
    """A folder with drawn pictures, and the commands run in it."""

    def __init__(self, binaries, folder):
        self.binaries, self.folder = binaries.resolve(), folder
        encoder = "input 16 16 1\nconv 8 3 pad=1\nbatch_norm\nrelu\nmax_pool 2\nflatten\nlinear 8\nl2_normalize\n"
        (folder / "tiny.txt").write_text(encoder)

    def run(self, program, *words):
        line = [self.binaries / program, *map(str, words)]
        return subprocess.run(line, cwd=self.folder, check=True, stdout=subprocess.PIPE, text=True).stdout

    def draw(self, name, classes, pictures, seed):
        """Checkers of four by four cells, another pattern for each class, moved and with noise enough for mistakes."""
        random = numpy.random.default_rng(seed)
        for number in range(classes):
            cells = random.integers(0, 2, (4, 4))
            for picture in range(pictures):
                grey = 110 + 30 * numpy.kron(cells, numpy.ones((4, 4))) + random.normal(0, 30, (16, 16))
                grey = numpy.roll(grey, random.integers(0, 2, 2), (0, 1))
                path = self.folder / name / f"class{number:02}" / f"{picture}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(grey.clip(0, 255).astype(numpy.uint8)).save(path)

    def page(self, name):
        text = (self.folder / name).read_text(encoding="utf-8")
        begin = text.index('type="application/json">') + len('type="application/json">')
        return json.loads(text[begin:text.index("</script>", begin)])

    def report(self, model, data, *options):
        self.run("siamese-eval", "-m", model, data, "--report", "r.html", "-q", *options)
        return self.page("r.html")

    def embed(self, model, data):
        """Embeddings [pictures, views, D], what is said of comparing them, and the pictures' paths."""
        told = json.loads(self.run("siamese-embed", "-m", model, data, "-o", "e.npy", "--views", "--json"))
        rows = numpy.load(self.folder / "e.npy").astype(float)
        paths = (self.folder / "e.txt").read_text().splitlines()[::told["views"]]
        return rows.reshape(-1, told["views"], told["embedding"]), told, paths

    def pixels(self, path):
        return numpy.asarray(Image.open(self.folder / path))


class Judged:
    """A data set as a model sees it; `distance` of all pictures with each other, as a report has it."""

    def __init__(self, work, model, data):
        looks, told, self.paths = work.embed(model, data)
        self.whole = looks[:, 0]
        self.names = [str(pathlib.Path(path).parent.relative_to(data)) for path in self.paths]
        self.classes = numpy.unique(self.names, return_inverse=True)[1]
        # [view, a, b]: a view of a against the whole of b or its partner; the least of both directions.
        looks = looks.transpose(1, 0, 2)
        distance = numpy.linalg.norm(looks[:, :, None] - looks[told["against"]][:, None], axis=3)
        distance[1:] *= told["part_factor"]
        self.parts = distance[1:].min() < distance[0].max() if len(distance) > 1 else False
        nearest = distance.min(axis=0)
        self.distance = numpy.minimum(nearest, nearest.T).astype(numpy.float32).astype(float)
        with open(work.folder / model, "rb") as file:
            facts = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))["__metadata__"]
        calibration = json.loads(facts["calibration"])
        self.calibration = calibration["slope"], calibration["offset"]

    def all_pairs(self):
        a, b = numpy.triu_indices(len(self.paths), 1)
        return reference.Pairs(self.distance[a, b], self.classes[a] == self.classes[b], self.classes[a], self.classes[b])


def figure(page, name):
    return next(row for row in page["figures"] if row["name"].startswith(name))


def check_pairs(page, pairs):
    """All that is about pairs but the similarity."""
    random = numpy.random.default_rng(5)
    distance, same = pairs.distance, pairs.same
    check("pairs", [page["data"]["same_pairs"], page["data"]["different_pairs"]], [same.sum(), (~same).sum()])
    threshold, curve = page["distances"]["threshold"], numpy.array(page["curve"])
    rates = list(RATES) + list(curve[:, 0])
    # What repetitions are computed by is held against scikit-learn too, plain and with weights.
    plain = pairs.plain(threshold, rates)
    check("scikit-learn and NumPy", plain[[1, *range(3, len(plain))]], pairs.by_sklearn(None, rates), 1e-9)
    weights = pairs.draws(random, 1).astype(float)
    check("the same with weights", pairs.figures(weights, threshold, rates)[0][[1, *range(3, len(plain))]],
          pairs.by_sklearn(weights[0], rates), 1e-9)
    repetitions = pairs.bootstrap(random, threshold, rates)
    supported = [rate for rate in RATES if rate * (~same).sum() >= 10 * (1 - 1e-9)]
    names = ["Accuracy", "ROC AUC", "Equal error"] + [f"TAR at FAR {100 * rate:g} %" for rate in supported]
    require("rates that the pairs support", len(names) == 3 + sum(row["name"].startswith("TAR") for row in page["figures"]))
    for column, name in enumerate(names):
        row = figure(page, name)
        check(name, row["value"], plain[column])
        check_interval(name, row["low"], row["high"], repetitions[:, column])
    check("ROC curve, and DET, which is what is left to 1", curve[:, 1], plain[3 + len(RATES):])
    for column, (rate, _, low, high) in enumerate(curve):
        check_interval(f"TAR on the curve at {rate:g}", low, high, repetitions[:, 3 + len(RATES) + column])
    # A threshold that equals a distance, as 0.35 may, is one distance more or less.
    step = page["distances"]["step"]
    for kind, which in (("same", same), ("different", ~same)):
        check(f"histogram of {kind} pairs", page["distances"][kind],
              [(distance[which] <= i * step).sum() for i in range(len(page["distances"][kind]))], 1)
    for point in page["distances"]["points"]:
        check(f"threshold {point['name']}", [point["same"], point["different"]],
              [(distance[same] <= point["threshold"]).sum(), (distance[~same] <= point["threshold"]).sum()])


def check_usual_rates(work, model, data, pairs):
    """Without --pairs, TAR at fixed rates comes from up to 40,000 pairs, which are all that there are."""
    page = work.report(model, data)
    require("the usual draw is a part", page["data"]["different_pairs"] < (~pairs.same).sum())
    check("pairs of the rates", page["data"]["rate_different_pairs"], (~pairs.same).sum())
    repetitions = pairs.bootstrap(numpy.random.default_rng(9), 0, RATES)
    for column, rate in enumerate(RATES, 3):
        row = figure(page, f"TAR at FAR {100 * rate:g} %")
        check(row["name"], row["value"], pairs.plain(0, RATES)[column])
        check_interval(row["name"], row["low"], row["high"], repetitions[:, column])


def check_examples(work, page, pairs, judged):
    threshold = page["distances"]["threshold"]
    number = {path: i for i, path in enumerate(judged.paths)}
    for key, same, accepted, sign in (("false_accepts", False, True, 1), ("false_rejects", True, False, -1),
                                      ("lucky_same", True, True, -1), ("lucky_different", False, False, 1)):
        fits = pairs.distance[(pairs.same == same) & ((pairs.distance <= threshold) == accepted)]
        shown = page["examples"][key]
        require(f"{key} are there", len(shown) > 0 or len(fits) == 0)
        check(f"extreme of {key}", [pair["distance"] for pair in shown[:1]], numpy.sort(sign * fits)[:len(shown[:1])] * sign)
        places = [(number[pair["path_a"]], number[pair["path_b"]]) for pair in shown]
        check(f"distances of {key}", [pair["distance"] for pair in shown], [judged.distance[place] for place in places])
        check(f"kinds of {key}", [judged.classes[a] == judged.classes[b] for a, b in places], [same] * len(shown))
        check(f"similarity of {key}", [pair["similarity"] for pair in shown],
              [reference.similarity(judged.calibration, judged.distance[place]) for place in places])
        for pair in shown:
            check_picture(work, page, pair["a"], pair["path_a"])
            check_picture(work, page, pair["b"], pair["path_b"])
        require(f"no picture comes thrice in {key}", not shown or numpy.bincount(numpy.ravel(places)).max() <= 2)


def check_picture(work, page, place, path):
    shown = page["pictures"][place].removeprefix("data:image/png;base64,")
    require(f"the picture of {path}", (numpy.asarray(Image.open(io.BytesIO(base64.b64decode(shown)))) == work.pixels(path)).all())


def check_reliability(page, probability, same):
    rows, error = reference.reliability(probability, same)
    ours = numpy.array(page["reliability"]["bins"])
    for column, name in enumerate(("similarity", "share of same pairs", "low end (Wilson)", "high end (Wilson)", "pairs")):
        check(f"reliability, {name}", ours[:, column], rows[:, column])
    check("expected calibration error", page["reliability"]["expected_error"], error)
    check("Brier score", page["reliability"]["brier"], brier_score_loss(same, probability))


def check_one_shot(page, judged):
    row = next(row for row in page["figures"] if row["name"].endswith("one-shot"))
    ways = int(row["name"].split("-")[0])
    chances = reference.one_shot_by_class(judged.whole, judged.classes, ways)
    accuracy = chances.mean()
    # Trials are independent and each is right with that chance.
    low, high = stats.binom.interval(1 - 2 * reference.DOUBT, TRIALS, accuracy)
    check(f"{ways}-way one-shot", row["value"], accuracy, (high - low) / TRIALS / 2)
    # Trials of a drawn class count n times, and the mean of n² is below 2: so far do quotients stray, 5 deviations.
    drawn = reference.bootstrap_ratio(numpy.random.default_rng(6), chances, numpy.ones(len(chances)))
    check_interval(f"{ways}-way one-shot", row["low"], row["high"], drawn, 5 * (0.5 / TRIALS) ** 0.5)


def check_ratio(page, name, values, classes):
    row = figure(page, name)
    check(name, row["value"], values.mean())
    parts, wholes = numpy.bincount(classes, values), numpy.bincount(classes)
    check_interval(name, row["low"], row["high"], reference.bootstrap_ratio(numpy.random.default_rng(7), parts, wholes))


def check_classes(work, page, judged):
    """Neighbours, classes and the map; all by whole pictures."""
    classes, names = judged.classes, judged.names
    check("pictures and classes", [page["data"]["images"], page["data"]["classes"]], [len(classes), classes.max() + 1])
    neighbours = NearestNeighbors(n_neighbors=len(classes) - 1, algorithm="brute").fit(judged.whole)
    order = neighbours.kneighbors(return_distance=False)
    right = classes[order] == classes[:, None]
    precision = []
    for row, own in zip(right, classes):
        wanted = (classes == own).sum() - 1
        precision.append((row[:wanted] * numpy.cumsum(row[:wanted]) / numpy.arange(1, wanted + 1)).sum() / wanted)
    precision = numpy.array(precision)
    for k in (1, 2, 4, 8):
        check_ratio(page, f"Recall@{k}", right[:, :k].any(axis=1).astype(float), classes)
    check_ratio(page, "mAP@R", precision, classes)
    all_names = sorted(set(names))
    matrix = confusion_matrix(names, [names[row[0]] for row in order], labels=all_names)
    for mix in page["mix_ups"]:
        check(f"{mix['truth']} taken for {mix['taken_for']}", mix["count"],
              matrix[all_names.index(mix["truth"]), all_names.index(mix["taken_for"])])
        check_picture(work, page, mix["a"], mix["path_a"])
        check_picture(work, page, mix["b"], mix["path_b"])
    mistakes = matrix - numpy.diag(numpy.diag(matrix))
    most = numpy.sort(mistakes.flatten())[::-1]
    check("the most frequent mix-ups", [mix["count"] for mix in page["mix_ups"]], most[:len(page["mix_ups"])])
    for row in page["classes"]:
        own = numpy.array(names) == row["name"]
        check(f"Recall@1 and mAP@R of {row['name']}", [row["pictures"], row["recall_at_1"], row["map_at_r"]],
              [own.sum(), right[own, 0].mean(), precision[own].mean()])
        wrong = mistakes[all_names.index(row["name"])]
        require(f"what {row['name']} is taken for", wrong[all_names.index(row["confused_with"])] == wrong.max() > 0
                if "confused_with" in row else wrong.max() == 0)
    pca = PCA(2, svd_solver="full").fit(judged.whole)
    check("variance on the map", page["map"]["share"], pca.explained_variance_ratio_, 1e-5)
    plane = dict(zip(judged.paths, pca.transform(judged.whole)))
    for axis, key in enumerate("xy"):
        ours = numpy.array([point[key] for point in page["map"]["points"]])
        theirs = numpy.array([plane[point["path"]][axis] for point in page["map"]["points"]])
        check(f"map, {key}", ours * numpy.sign(ours @ theirs), theirs, 1e-5)


def check_evaluation(work, model, data, *options):
    judged = Judged(work, model, data)
    pairs = judged.all_pairs()
    page = work.report(model, data, "--pairs", 2 * len(pairs.same), "--trials", TRIALS, *options)
    check_pairs(page, pairs)
    check_examples(work, page, pairs, judged)
    require("judged on pairs of its own", not page["fitted_here"] and page["reliability"]["folds"] == 0)
    check_reliability(page, reference.similarity(judged.calibration, pairs.distance), pairs.same)
    check_one_shot(page, judged)
    check_classes(work, page, judged)
    return judged


def check_list(work, model, judged):
    """A list of pairs, whose units are the groups of pictures that pairs connect: here four classes each."""
    random = numpy.random.default_rng(8)
    a, b = numpy.triu_indices(len(judged.paths), 1)
    fits = (judged.classes[a] // 4 == judged.classes[b] // 4) & (random.random(len(a)) < 0.5)
    a, b = a[fits], b[fits]
    same = judged.classes[a] == judged.classes[b]
    with open(work.folder / "pairs.csv", "w", newline="") as file:
        csv.writer(file).writerows([("a", "b", "label"), *zip(numpy.array(judged.paths)[a], numpy.array(judged.paths)[b], same.astype(int))])
    _, group = connected_components(coo_matrix((numpy.ones(len(a)), (a, b)), (len(judged.paths),) * 2))
    page = work.report(model, "pairs.csv")
    pairs = reference.Pairs(judged.distance[a, b], same, group[a], group[b])
    check_pairs(page, pairs)
    check_reliability(page, reference.similarity(judged.calibration, pairs.distance), pairs.same)


def check_training(work, model, data, steps, *options):
    """The report of a training: what was held out, judged on the pairs that the model's decision was fitted on."""
    work.run("siamese-train", "train", "-o", model, "-e", "tiny.txt", "--steps", steps, "-b", 16, "--val", data,
             "--report", "t.html", "--log", "log.csv", "-q", *options)
    page = work.page("t.html")
    judged = Judged(work, model, data)
    pairs = judged.all_pairs()
    check_pairs(page, pairs)
    check_examples(work, page, pairs, judged)
    check("calibration of the model", judged.calibration, reference.fit_platt(pairs.distance, pairs.same), 1e-4)
    folds = page["reliability"]["folds"]
    require("marked as fitted here, and cross-fitted", page["fitted_here"] and folds == 5)
    # The fits of scikit-learn are as exact as their own tolerance; a similarity moves by less than a fit does.
    probability = reference.cross_fitted(pairs, folds)
    rows, error = reference.reliability(probability, pairs.same)
    check("cross-fitted reliability", page["reliability"]["bins"], rows, 1e-5)
    check("cross-fitted expected calibration error", page["reliability"]["expected_error"], error, 1e-5)
    check("cross-fitted Brier score", page["reliability"]["brier"], brier_score_loss(pairs.same, probability), 1e-5)
    check_thresholds(page, pairs)
    check_classes(work, page, judged)
    check_curves(work, page["training"], steps)
    return judged


def check_thresholds(page, pairs):
    """The best accuracy is the best that there is; a threshold at a rate is the farthest that keeps it."""
    best, *rated = page["distances"]["points"]
    accuracy = [((pairs.distance <= end) == pairs.same).sum() for end in pairs.distance[pairs.ends]]
    check("verdicts right at the best accuracy", best["same"] - best["different"] + (~pairs.same).sum(),
          max(*accuracy, (~pairs.same).sum()))
    require("a threshold for a rate", len(rated) > 0)
    for point in rated:
        rate = float(point["name"].removeprefix("far "))
        next_one = pairs.distance[pairs.distance > point["threshold"]].min()
        far = [(pairs.distance[~pairs.same] <= end).mean() for end in (point["threshold"], next_one)]
        require(f"{point['name']}: the farthest threshold", far[0] <= rate < far[1])


def check_curves(work, training, steps):
    """A point is the mean of as many steps of the log, which the training writes beside."""
    with open(work.folder / "log.csv", newline="") as file:
        log = list(csv.DictReader(file))
    stride = training["stride"]
    check("steps of the curves", [training["first"], len(training["loss"])], [0, steps // stride])
    for key, column in (("loss", "loss"), ("same", "same_distance"), ("different", "different_distance"),
                        ("spread", "spread"), ("norm", "gradient_norm"), ("rate", "rate")):
        values = numpy.array([float(row[column]) for row in log[:steps // stride * stride]]).reshape(-1, stride)
        check(f"training, {key}", training[key], values.mean(axis=1), CLOSE * max(1, values.max()))


def check_leakage(work, model, judged):
    """Three of the test pictures hidden among those of training: the file, its pixels, and its pixels brighter."""
    shutil.copytree(work.folder / "train", work.folder / "seen")
    hidden = [judged.paths[i] for i in (3, 50, 100)]
    shutil.copy(work.folder / hidden[0], work.folder / "seen/class00/copied.png")
    Image.fromarray(work.pixels(hidden[1])).save(work.folder / "seen/class01/saved.pgm")
    Image.fromarray(work.pixels(hidden[2]) // 4 * 4 + 2).save(work.folder / "seen/class02/coarse.png")
    page = work.report(model, "test", "--training", "seen")["leakage"]
    pictures = sorted(path.relative_to(work.folder) for path in (work.folder / "seen").rglob("*.*"))
    mine = numpy.array([work.pixels(path).flatten() for path in judged.paths]).astype(float)
    theirs = numpy.array([work.pixels(path).flatten() for path in pictures]).astype(float)
    correlation = numpy.corrcoef(mine, theirs)[:len(mine), len(mine):]
    exact = (mine[:, None] == theirs[None]).all(axis=2)
    near = (correlation >= 0.95) & ~exact.any(axis=1)[:, None]
    check("leaks", [page["training_images"], page["exact"], page["near"], len(page["pairs"])],
          [len(pictures), exact.any(axis=1).sum(), near.any(axis=1).sum(), 3 + page["alike"]])
    for pair in page["pairs"]:
        place = judged.paths.index(pair["path_a"]), pictures.index(pathlib.Path(pair["path_b"]))
        require(f"{pair['path_a']} in both", exact[place] == (pair["kind"] == "exact"))
        check(f"correlation with {pair['path_b']}", pair["correlation"], correlation[place])
        require(f"pixels of {pair['path_a']}", (pair["kind"] == "alike") == (correlation[place] < 0.95))


def main():
    binaries = pathlib.Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as name:
        work = Work(binaries, pathlib.Path(name))
        work.draw("train", 12, 8, 1)
        work.draw("held", 12, 6, 2)
        work.draw("test", 20, 8, 3)
        print("A training")
        check_training(work, "plain.siamese", "held", 700)
        print("What it was not trained on")
        judged = check_evaluation(work, "plain.siamese", "test")
        check_usual_rates(work, "plain.siamese", "test", judged.all_pairs())
        print("A list of pairs")
        check_list(work, "plain.siamese", judged)
        print("What was trained on already")
        check_leakage(work, "plain.siamese", judged)
        print("A training with views")
        require("parts are looked at", check_training(work, "views.siamese", "held", 60, "--views", "copies").parts)
        print("What it was not trained on, in five ways")
        check_evaluation(work, "views.siamese", "held", "--ways", 5)
    print(f"{checked} figures agree")


main()
