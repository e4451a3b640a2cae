#!/usr/bin/env python3
"""evaluate.py WORK BIN [--model MODEL] [--hashes] [--json FILE]: recall of edited pictures at one threshold.

WORK is the folder of script/default-model: pictures/ROLE holds the originals, standard/ROLE/.../NUMBER/ the edited copies of
some of them (edits.STANDARD). A pair of a copy and its original is same; a copy and the original of another picture
are different, and a hard pair where both lie in one series. The model's threshold is the one that it carries, fitted by
siamese-train on hard pairs of the roles FITTED_ON; that of each hash is where no more than one in a thousand of those is called
same. The model looks closer at pairs (siamese-eval --distances), which makes none nearer: so of the pairs that are no hard ones
only those are measured that the network finds within LOOKED_AT. The figures are those of the role "test". Originals that
are each other after an edit themselves (in other colours, mirrored, with another margin) are left out as different pairs.

Without --model: the one of the library. --hashes adds pHash, dHash and wHash (PyPI: imagehash, 16 x 16 bits) and PDQ
(PyPI: pdqhash). Intervals: 95 %, Wilson 1927, over pictures.
"""
import argparse
import csv
import json
import math
import multiprocessing
import pathlib
import subprocess
import sys
import tempfile

import numpy

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import edits
import pictures

MOST_FALSE = 1e-3
FITTED_ON = ["tune", "develop", "check", "check-2", "check-3", "check-4"]
LOOKED_AT = 0.9
HASHES = ["pHash 16", "dHash 16", "wHash 16", "PDQ"]


def collect(work, role):
    """Originals, copies, and for each copy its original's index and its edit's."""
    originals = sorted((work / "pictures" / role).rglob("*.png"))
    names = {path.relative_to(work / "pictures" / role).with_suffix(""): i for i, path in enumerate(originals)}
    copies, owners, kinds = [], [], []
    for folder, owner in sorted(names.items()):
        for path in sorted((work / "standard" / role / folder).glob("*.png")):
            if path.stem != "00":
                copies.append(path)
                owners.append(owner)
                kinds.append(int(path.stem) - 1)
    series = [str(path.parent) for path in originals]
    return originals, copies, numpy.array(owners), numpy.array(kinds), numpy.unique(series, return_inverse=True)[1]


def embed(binaries, model, paths):
    """[files, views, numbers]: unit vectors, by siamese-embed; and what it says of comparing them."""
    with tempfile.TemporaryDirectory() as folder:
        output = pathlib.Path(folder) / "embeddings.npy"
        chunks = []
        for first in range(0, len(paths), 2000):
            command = [binaries / "siamese-embed", *(["-m", model] if model else []), *paths[first : first + 2000]]
            run = subprocess.run([*command, "-o", output, "--views", "--json"], check=True, stdout=subprocess.PIPE)
            rows, report = numpy.load(output), json.loads(run.stdout)
            chunks.append(rows.reshape(-1, report["views"], rows.shape[1]))
        return numpy.concatenate(chunks), report


def measure_pairs(binaries, model, folder, pairs):
    """Distances of pairs of pictures, by siamese-eval: `pairs` are names below `folder`, with "same" or "different"."""
    folder = folder.resolve()
    with tempfile.NamedTemporaryFile("w", dir=folder, prefix="pairs-", suffix=".csv", newline="") as file:
        output = pathlib.Path(file.name).with_suffix(".distances.csv")
        csv.writer(file).writerows([("a", "b", "label"), *pairs])
        file.flush()
        command = [binaries / "siamese-eval", *(["-m", model] if model else []), file.name, "--distances", output]
        try:
            subprocess.run([*command, "--json"], check=True, stdout=subprocess.DEVNULL)
            with open(output, newline="") as rows:
                found = [(row["a"], row["b"], float(row["distance"])) for row in csv.DictReader(rows)]
        finally:
            output.unlink(missing_ok=True)
    place = len(f"{folder}/")
    by_pair = {(a[place:], b[place:]): distance for a, b, distance in found}
    return numpy.array([by_pair[a, b] for a, b, _ in pairs], dtype=numpy.float32)


def hash_file(path):
    import imagehash
    import pdqhash
    from PIL import Image

    picture = Image.open(path).convert("RGB")
    bits = [
        imagehash.phash(picture, hash_size=16).hash,
        imagehash.dhash(picture, hash_size=16).hash,
        imagehash.whash(picture, hash_size=16).hash,
        pdqhash.compute(numpy.asarray(picture))[0],
    ]
    return [numpy.asarray(bit, dtype=numpy.float32).reshape(1, -1) * 2 - 1 for bit in bits]


def hash_all(work, role, paths):
    """Signs instead of bits, so that a product counts how many agree. Kept in WORK, since they take a while."""
    kept = work / f"hashes-{role}.npz"
    if not kept.exists():
        with multiprocessing.Pool(2) as pool:
            rows = pool.map(hash_file, paths, chunksize=32)
        numpy.savez(kept, **{name: numpy.stack([row[i] for row in rows]) for i, name in enumerate(HASHES)})
    return dict(numpy.load(kept))


def distances(originals, copies, views):
    """[copy, original]: the least of the whole from the whole, and of either's views from what the other has against them."""
    length = numpy.linalg.norm(originals[0, 0])
    originals, copies = originals / length, copies / length
    apart = 2 - 2 * (copies[:, 0] @ originals[:, 0].T)
    for view in range(1, originals.shape[1]):
        against = views["against"][view]
        for a, b in [(view, against), (against, view)]:
            numpy.minimum(apart, views["part_factor"] ** 2 * (2 - 2 * (copies[:, a] @ originals[:, b].T)), out=apart)
    return numpy.sqrt(numpy.maximum(apart, 0, out=apart), out=apart)


def look_closer(apart, own, hard, arguments, originals, copies):
    """Replaces distances by those of the closer look: of same and hard pairs all, of others those within LOOKED_AT."""
    rows, columns = numpy.nonzero(own | hard | (apart <= LOOKED_AT))
    names = [[str(path.relative_to(arguments.work)) for path in paths] for paths in (copies, originals)]
    labels = numpy.where(own[rows, columns], "same", "different")
    pairs = [(names[0][i], names[1][j], str(label)) for i, j, label in zip(rows, columns, labels)]
    apart[rows, columns] = measure_pairs(arguments.binaries, arguments.model, arguments.work, pairs)


def part(apart, own, series, alike):
    """Distances of every copy from its original, and from the originals of its series and of others, and how many each
    copy has of its series."""
    hard, other = series & ~alike, ~series & ~alike
    return apart[own], apart[hard], apart[other], hard.sum(1)


def measure(arguments, role, with_model):
    """part() by each method, and the copies' edits and packages."""
    originals, copies, owners, kinds, series = collect(arguments.work, role)
    edited, of_copy = numpy.unique(owners, return_inverse=True)
    alike = pictures.one_picture([originals[owner] for owner in edited], originals)[of_copy]
    own = owners[:, None] == numpy.arange(len(originals))[None, :]
    one_series = series[owners][:, None] == series[None, :]
    features, views = {}, None
    if with_model:
        features["model"], views = embed(arguments.binaries, arguments.model, originals + copies)
    if arguments.hashes:
        features.update(hash_all(arguments.work, role, originals + copies))
    first = len(originals)
    measured = {}
    for name, values in features.items():
        apart = distances(values[:first], values[first:], views)
        if name == "model":
            look_closer(apart, own, one_series & ~alike, arguments, originals, copies)
        measured[name] = part(apart, own, one_series, alike)
    packages = [path.relative_to(arguments.work / "standard" / role).parts[0] for path in copies]
    return measured, kinds, numpy.array(packages)


def threshold_of(hard, rate=MOST_FALSE):
    """The largest with at most this share of the hard pairs within it."""
    ordered = numpy.sort(hard)
    allowed = int(rate * len(ordered))
    return float(numpy.nextafter(ordered[allowed], numpy.float32(0)))


def thresholds_in(model):
    """Those that the model file carries, by name, that of its verdicts first."""
    with open(model, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    facts = header["__metadata__"]
    points = json.loads(facts["operating_points"])
    points.sort(key=lambda point: point["rate"] != float(facts["verdict_rate"]))
    return {point["name"]: point["threshold"] for point in points}


def wilson(hits, count):
    z, rate = 1.959963984540054, hits / count
    middle = rate + z * z / (2 * count)
    reach = z * math.sqrt(rate * (1 - rate) / count + z * z / (4 * count * count))
    return (middle - reach) / (1 + z * z / count), (middle + reach) / (1 + z * z / count)


def judge(name, threshold, test, kinds):
    own, hard, other, _ = test
    hits = own <= threshold
    result = {
        "method": name,
        "threshold": threshold,
        "hard_pairs": len(hard),
        "hard_false": float((hard <= threshold).mean()),
        "other_pairs": len(other),
        "other_false": float((other <= threshold).mean()),
        "recall": float(hits.mean()),
        "recall_at_test_rate": float((own <= threshold_of(hard)).mean()),
        "edits": {},
    }
    for kind, (edit, group, _) in enumerate(edits.STANDARD):
        of_kind = hits[kinds == kind]
        result["edits"][edit] = [float(of_kind.mean()), *wilson(int(of_kind.sum()), len(of_kind)), len(of_kind)]
    for group in dict.fromkeys(row[1] for row in edits.STANDARD):
        members = [kind for kind, row in enumerate(edits.STANDARD) if row[1] == group]
        result.setdefault("groups", {})[group] = float(hits[numpy.isin(kinds, members)].mean())
    return result


def by_package(threshold, test, packages):
    """Of each package: the share found, its hard pairs, and the share of them called same."""
    own, hard, _, counts = test
    of_pair = numpy.repeat(packages, counts)
    return {
        str(package): [
            float((own[packages == package] <= threshold).mean()),
            int((of_pair == package).sum()),
            float((hard[of_pair == package] <= threshold).sum() / max(1, (of_pair == package).sum())),
        ]
        for package in numpy.unique(packages)
    }


def print_table(results):
    print("| edit | " + " | ".join(result["method"] for result in results) + " |")
    print("|---" * (len(results) + 1) + "|")
    for edit, _, _ in edits.STANDARD:
        cells = []
        for result in results:
            rate, low, high, _ = result["edits"][edit]
            cells.append(f"{100 * rate:.1f} ({100 * low:.1f}–{100 * high:.1f})")
        print(f"| {edit} | " + " | ".join(cells) + " |")
    for label, key in [("all", "recall"), ("all, at 0.1 % of these hard pairs", "recall_at_test_rate")]:
        print(f"| {label} | " + " | ".join(f"{100 * result[key]:.1f}" for result in results) + " |")
    for label, key in [("false, hard pairs", "hard_false"), ("false, other pairs", "other_false")]:
        print(f"| {label} | " + " | ".join(f"{100 * result[key]:.3f}" for result in results) + " |")
    for group in results[0]["groups"]:
        print(f"group {group}: " + ", ".join(f"{100 * result['groups'][group]:.2f}" for result in results))
    for name, (threshold, recall, hard, other) in results[0]["points"].items():
        print(f"{name}: threshold {threshold:.4f}, {100 * recall:.1f} found, {100 * hard:.3f} false of hard pairs")
    for package, (found, pairs, false) in results[0]["packages"].items():
        print(f"{package}: {100 * found:.1f} found, {100 * false:.3f} false of {pairs} hard pairs")
    for result in results:
        print(f"{result['method']}: threshold {result['threshold']:.4f}, {result['hard_pairs']} hard pairs")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("work", type=pathlib.Path)
    parser.add_argument("binaries", type=pathlib.Path)
    parser.add_argument("--model", type=pathlib.Path)
    parser.add_argument("--role", default="test", help="judge these pictures")
    parser.add_argument("--hashes", action="store_true")
    parser.add_argument("--json", type=pathlib.Path)
    arguments = parser.parse_args()
    carried = thresholds_in(arguments.model or pathlib.Path(__file__).parent / "default.siamese")
    assert next(iter(carried.values())) <= LOOKED_AT, "verdicts go by a distance beyond LOOKED_AT"
    measured, kinds, packages = measure(arguments, arguments.role, True)
    fitted = [measure(arguments, role, False)[0] for role in FITTED_ON] if arguments.hashes else []
    results = [judge("model", next(iter(carried.values())), measured["model"], kinds)]
    for name in HASHES if arguments.hashes else []:
        threshold = threshold_of(numpy.concatenate([of[name][1] for of in fitted]))
        results.append(judge(name, threshold, measured[name], kinds))
    results[0]["points"] = {
        name: [threshold, *(float((part <= threshold).mean()) for part in measured["model"][:3])]
        for name, threshold in carried.items()
        if threshold <= LOOKED_AT
    }
    results[0]["packages"] = by_package(results[0]["threshold"], measured["model"], packages)
    print_table(results)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
