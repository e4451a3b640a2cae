#!/usr/bin/env python3
"""How training behaves as data and batches grow: pairs a second, time to the first step, memory.

    script/growth.py make FOLDER --pictures 1000 100000 1000000
    script/growth.py data FOLDER -o data.json [--modes kept streamed cached]
    script/growth.py batch FOLDER -o batch.json
    script/growth.py plot data.json batch.json -o docs/benchmarks

make: made-up grey pictures of 28×28 pixels, PNG files, 20 to a class, 50 classes to a parent folder, in FOLDER/COUNT;
a million takes 4 GiB of a file system with blocks of 4 KiB. data: trains conv4 on each set, in rounds by turns. kept:
pictures stay in memory; streamed: --picture-memory 0; cached: the same with --picture-cache. batch: on the smallest
set, from 2 pairs to 1,024. plot: two SVG files and the tables for the page beside them.

Pairs a second are those of the median step, the best of the rounds. Needs nothing but Python.
"""
import argparse
import csv
import json
import multiprocessing
import os
import pathlib
import random
import statistics
import struct
import subprocess
import tempfile
import time
import zlib

SIDE, EACH, CLASSES = 28, 20, 50  # Pictures of a class, classes of a parent folder.
BATCHES = (2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def draw(shape, draw_again):
    """A few bright squares on black, which is what a class has in common, each moved a little."""
    rows = [bytearray(SIDE) for _ in range(SIDE)]
    for x, y, size, shade in shape:
        x, y = x + draw_again.randrange(3), y + draw_again.randrange(3)
        for row in rows[y:y + size]:
            row[x:x + size] = bytes([shade]) * len(row[x:x + size])
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 0, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows), 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def make_parent(job):
    folder, first, count = job
    for number in range(first, first + count):
        place = folder / f"parent{number // CLASSES:05}" / f"class{number:06}"
        place.mkdir(parents=True, exist_ok=True)
        source = random.Random(number)
        shape = [(source.randrange(20), source.randrange(20), source.randrange(3, 9), source.randrange(80, 256))
                 for _ in range(6)]
        for i in range(EACH):
            (place / f"{i:02}.png").write_bytes(draw(shape, source))


def make(arguments):
    for pictures in arguments.pictures:
        classes = pictures // EACH
        jobs = [(arguments.folder / str(pictures), first, min(CLASSES, classes - first))
                for first in range(0, classes, CLASSES)]
        with multiprocessing.Pool() as pool:
            for _ in pool.imap_unordered(make_parent, jobs):
                pass
        print(f"{pictures} pictures in {arguments.folder / str(pictures)}", flush=True)


def train(arguments, data, batch, steps, options=()):
    """Trains; returns pairs a second, seconds to the first step, those of the whole process, and its peak in MiB."""
    with tempfile.TemporaryDirectory() as scratch:
        log = os.path.join(scratch, "log.csv")
        command = [arguments.train, str(data), "-o", os.path.join(scratch, "model"), "--log", log, "--json",
                   "--steps", str(steps), "--batch", str(batch), "--pairs", "drawn", "--encoder", "conv4", *options]
        begun = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        report = json.loads(process.stdout.read())
        _, status, usage = os.wait4(process.pid, 0)
        if status != 0:
            raise SystemExit(f"{' '.join(command)} failed")
        whole = time.monotonic() - begun
        with open(log, newline="") as file:
            ends = [float(row["seconds"]) for row in csv.DictReader(file)]
    # The first steps fill what works ahead.
    each = [later - earlier for earlier, later in zip(ends[5:], ends[6:])]
    return {"pairs_per_second": batch / statistics.median(each),
            "start_seconds": report["preparing_seconds"], "seconds": whole, "peak_mib": usage.ru_maxrss / 1024}


def best(results):
    """Of several rounds: the fastest speed and start, the largest memory."""
    return {"pairs_per_second": max(r["pairs_per_second"] for r in results),
            "start_seconds": min(r["start_seconds"] for r in results),
            "peak_mib": max(r["peak_mib"] for r in results)}


def mode_options(mode, data):
    if mode == "kept":
        return ()
    cache = ("--picture-cache", f"{data}.pictures") if mode == "cached" else ()
    return ("--picture-memory", "0", *cache)


def measure_data(arguments):
    sets = sorted((p for p in arguments.folder.iterdir() if p.name.isdigit()), key=lambda p: int(p.name))
    measured = {}
    for _ in range(arguments.rounds):
        for data in sets:
            for mode in arguments.modes:
                key = f"{mode} {data.name}"
                result = train(arguments, data, 64, arguments.steps, mode_options(mode, data))
                measured.setdefault(key, []).append(result)
                print(key, {name: round(value, 2) for name, value in result.items()}, flush=True)
    rows = [{"mode": key.split()[0], "pictures": int(key.split()[1]), **best(results)}
            for key, results in measured.items()]
    pathlib.Path(arguments.output).write_text(json.dumps({"kind": "data", "rows": rows}, indent=1) + "\n")


def measure_batches(arguments):
    smallest = min((p for p in arguments.folder.iterdir() if p.name.isdigit()), key=lambda p: int(p.name))
    measured = {}
    for _ in range(arguments.rounds):
        for batch in BATCHES:
            result = train(arguments, smallest, batch, max(12, min(arguments.steps, 20000 // batch)))
            measured.setdefault(batch, []).append(result)
            print(batch, {name: round(value, 2) for name, value in result.items()}, flush=True)
    rows = [{"batch": batch, **best(results)} for batch, results in measured.items()]
    pathlib.Path(arguments.output).write_text(json.dumps({"kind": "batch", "rows": rows}, indent=1) + "\n")


# Plots

COLOURS = ("#0072b2", "#d55e00", "#009e73")  # Okabe and Ito's, told apart by everybody.
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 640, 300, 76, 36, 110, 44


def label(number):
    return f"{number:,.0f}" if number >= 10 else f"{number:g}"


def svg(title, across, up, series, from_zero):
    """Lines over a logarithmic axis: {name: [(x, y)]}."""
    import math

    xs = sorted({x for points in series.values() for x, _ in points})
    most = max(y for points in series.values() for _, y in points) * 1.12
    least = 0 if from_zero else min(y for points in series.values() for _, y in points) / 1.3
    wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def place(x, y):
        share = math.log(x / xs[0]) / math.log(xs[-1] / xs[0])
        up_share = (y - least) / (most - least) if from_zero else math.log(y / least) / math.log(most / least)
        return LEFT + wide * share, TOP + high * (1 - up_share)

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
             f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12" fill="#222">',
             f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
             f'<text x="{LEFT}" y="20" font-size="14">{title}</text>',
             f'<text x="{LEFT + wide / 2}" y="{HEIGHT - 8}" text-anchor="middle">{across}</text>',
             f'<text x="14" y="{TOP + high / 2}" text-anchor="middle" '
             f'transform="rotate(-90 14 {TOP + high / 2})">{up}</text>']
    ticks = nice_ticks(least, most, from_zero)
    for y in ticks:
        _, at = place(xs[0], y)
        parts.append(f'<line x1="{LEFT}" x2="{LEFT + wide}" y1="{at:.1f}" y2="{at:.1f}" stroke="#ddd"/>'
                     f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{label(y)}</text>')
    for x in xs:
        at, _ = place(x, most)
        parts.append(f'<text x="{at:.1f}" y="{TOP + high + 18}" text-anchor="middle">{label(x)}</text>')
    ends = []
    for colour, (name, points) in zip(COLOURS, series.items()):
        places = [place(x, y) for x, y in sorted(points)]
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="'
                     + " ".join(f"{x:.1f},{y:.1f}" for x, y in places) + '"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
        ends.append([places[-1][1], places[-1][0], colour, name])
    # Names stand at the ends of their lines, pushed apart where they would overlap.
    ends.sort()
    for before, after in zip(ends, ends[1:]):
        after[0] = max(after[0], before[0] + 15)
    parts += [f'<text x="{x + 8:.1f}" y="{y + 4:.1f}" fill="{colour}">{name}</text>' for y, x, colour, name in ends]
    return "\n".join(parts) + "\n</svg>\n"


def nice_ticks(least, most, from_zero):
    if from_zero:
        step = next(s * 10**p for p in range(-3, 9) for s in (1, 2, 5) if most / (s * 10**p) <= 6)
        return [i * step for i in range(int(most / step) + 1)]
    return [s * 10**p for p in range(-3, 9) for s in (1, 3) if least <= s * 10**p <= most]


def plot(arguments):
    """Several results of a kind are rounds of one: the best of each row counts."""
    folder, rounds = pathlib.Path(arguments.output), {"data": {}, "batch": {}}
    for path in arguments.results:
        result = json.loads(pathlib.Path(path).read_text())
        for row in result["rows"]:
            rounds[result["kind"]].setdefault((row.get("mode"), row.get("pictures"), row.get("batch")), []).append(row)
    for kind, draw_all in (("data", plot_data), ("batch", plot_batches)):
        rows = [{**results[0], **best(results)} for results in rounds[kind].values()]
        if rows:
            draw_all(rows, folder)


def series_of(rows, key, value):
    series = {}
    for row in rows:
        series.setdefault(row.get("mode", "conv4"), []).append((row[key], row[value]))
    return series


def print_table(rows, key):
    print(f"\n| {key} | pairs a second | first step after | peak memory |\n|---|---|---|---|")
    for row in rows:
        name = f"{row['pictures']:,} {row['mode']}" if key == "pictures" else f"{row['batch']:,}"
        print(f"| {name} | {row['pairs_per_second']:,.0f} | {row['start_seconds']:.2f} s | {row['peak_mib']:.0f} MiB |")


def plot_data(rows, folder):
    rows.sort(key=lambda row: (row["mode"], row["pictures"]))
    for name, value, title, up, from_zero in (
            ("growth-speed", "pairs_per_second", "Training conv4, 64 pairs a step", "pairs a second", True),
            ("growth-start", "start_seconds", "From the start to the first step", "seconds", False),
            ("growth-memory", "peak_mib", "Peak memory of the process", "MiB", False)):
        text = svg(title, "pictures", up, series_of(rows, "pictures", value), from_zero)
        (folder / f"{name}.svg").write_text(text)
    print_table(rows, "pictures")


def plot_batches(rows, folder):
    rows.sort(key=lambda row: row["batch"])
    text = svg("Training conv4 on 1,000 pictures", "pairs of a step", "pairs a second",
               series_of(rows, "batch", "pairs_per_second"), True)
    (folder / "growth-batch.svg").write_text(text)
    print_table(rows, "batch")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=("make", "data", "batch", "plot"))
    parser.add_argument("folder", nargs="?", type=pathlib.Path, help="of the pictures; for plot the first result")
    parser.add_argument("results", nargs="*", help="for plot: more results")
    parser.add_argument("-o", "--output", default="docs/benchmarks", help="a JSON file; for plot a folder")
    parser.add_argument("--pictures", type=int, nargs="+", default=(1000, 100000, 1000000))
    parser.add_argument("--modes", nargs="+", choices=("kept", "streamed", "cached"),
                        default=("kept", "streamed", "cached"))
    parser.add_argument("--train", default="build/bin/siamese-train", help="path of siamese-train")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    if arguments.folder is None:
        parser.error("name a folder")
    arguments.results.insert(0, arguments.folder)
    {"make": make, "data": measure_data, "batch": measure_batches, "plot": plot}[arguments.mode](arguments)


if __name__ == "__main__":
    main()
