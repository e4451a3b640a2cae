#!/usr/bin/env python3
"""Does a long training need more and more memory? Samples one while it runs, and draws what it took.

    script/growth.py make build/growth --pictures 100000
    script/endurance.py run build/growth/100000 -o build/endurance.csv --minutes 60
    script/endurance.py plot build/endurance.csv -o docs/benchmarks/endurance.svg

run: trains conv4 on DATA with pictures that are decoded anew for every step (--picture-memory 0) and checkpoints every
20 seconds, writes a row every few seconds (memory of the program and of its decoders, threads, open files), and ends
the training after so many minutes of running. Time in which it was stopped does not count. Exit code 1 when the memory
of the last half grew by more than 1 % an hour, or threads or files became more. plot: the same judgement, and an SVG
file. Needs nothing but Python and Linux's /proc.
"""
import argparse
import csv
import os
import pathlib
import subprocess
import sys
import tempfile
import time

COLUMNS = ("seconds", "program_kib", "decoders_kib", "threads", "files", "checkpoints")


def read_status(process):
    with open(f"/proc/{process}/status") as file:
        return dict(line.rstrip("\n").split(":", 1) for line in file)


def children(process):
    found = []
    for task in os.listdir(f"/proc/{process}/task"):
        with open(f"/proc/{process}/task/{task}/children") as file:
            found += file.read().split()
    return found


def sample(process):
    """Memory that is in use now, of the program and of the processes that it started; threads and open files."""
    status = read_status(process)
    decoders = 0
    for child in children(process):
        try:
            decoders += int(read_status(child)["VmRSS"].split()[0])
        except (OSError, KeyError):
            pass  # It ended meanwhile.
    return int(status["VmRSS"].split()[0]), decoders, int(status["Threads"]), len(os.listdir(f"/proc/{process}/fd"))


def run(arguments):
    scratch = tempfile.TemporaryDirectory()
    model = pathlib.Path(scratch.name, "model")
    command = [arguments.train, str(arguments.data), "-o", str(model), "--encoder", "conv4", "--picture-memory", "0",
               "--steps", "100000000", "--checkpoint-seconds", "20", "-q", *arguments.options]
    process = subprocess.Popen(command)
    ran, before, last_checkpoint, checkpoints = 0.0, time.monotonic(), None, 0
    with open(arguments.output, "w", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        while ran < arguments.minutes * 60:
            time.sleep(arguments.every)
            if process.poll() is not None:
                raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
            now = time.monotonic()
            ran, before = ran + min(now - before, 2 * arguments.every), now
            try:
                written = os.stat(f"{model}.checkpoint").st_mtime_ns
            except OSError:
                written = last_checkpoint
            checkpoints, last_checkpoint = checkpoints + (written != last_checkpoint), written
            table.writerow((f"{ran:.1f}", *sample(process.pid), checkpoints))
            file.flush()
    process.terminate()
    process.wait()
    scratch.cleanup()
    return judge(read(arguments.output))


def read(path):
    with open(path, newline="") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def slope(rows, name):
    """Of the line through the points (least squares), an hour."""
    mean_x = sum(row["seconds"] for row in rows) / len(rows)
    mean_y = sum(row[name] for row in rows) / len(rows)
    spread = sum((row["seconds"] - mean_x) ** 2 for row in rows)
    return 3600 * sum((row["seconds"] - mean_x) * (row[name] - mean_y) for row in rows) / spread


def judge(rows):
    """What is used at first is warming up: the last half counts."""
    half = [row for row in rows if row["seconds"] >= rows[-1]["seconds"] / 2]
    sound = True
    print(f"{rows[-1]['seconds'] / 60:.0f} minutes, {len(rows)} samples, {rows[-1]['checkpoints']:.0f} checkpoints")
    for name, title in (("program_kib", "program"), ("decoders_kib", "decoders")):
        values = [row[name] / 1024 for row in half]
        growth = slope(half, name) / 1024
        print(f"{title}: {min(values):.1f} to {max(values):.1f} MiB in the last half, {growth:+.2f} MiB an hour")
        sound = sound and growth <= max(values) / 100
    for name in ("threads", "files"):
        most_first = max(row[name] for row in rows if row["seconds"] <= rows[-1]["seconds"] / 2)
        most_last = max(row[name] for row in half)
        print(f"{name}: at most {most_last:.0f}, at most {most_first:.0f} in the first half")
        sound = sound and most_last <= most_first
    print("flat" if sound else "GROWS")
    return 0 if sound else 1


WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 640, 260, 60, 36, 90, 44


def svg(rows):
    """Memory over time, both axes from 0."""
    minutes = max(row["seconds"] for row in rows) / 60
    series = (("program", "#0072b2", "program_kib"), ("decoders", "#d55e00", "decoders_kib"))
    most = 1.15 * max(row[name] for row in rows for _, _, name in series) / 1024
    wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def place(minute, mib):
        return LEFT + wide * minute / minutes, TOP + high * (1 - mib / most)

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
             f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12" fill="#222">',
             f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
             f'<text x="{LEFT}" y="20" font-size="14">Memory of a streaming training</text>',
             f'<text x="{LEFT + wide / 2}" y="{HEIGHT - 8}" text-anchor="middle">minutes</text>',
             f'<text x="14" y="{TOP + high / 2}" text-anchor="middle" '
             f'transform="rotate(-90 14 {TOP + high / 2})">MiB</text>']
    step = next(s * 10**p for p in range(0, 6) for s in (1, 2, 5) if most / (s * 10**p) <= 6)
    for mib in range(0, int(most) + 1, step):
        _, y = place(0, mib)
        parts.append(f'<line x1="{LEFT}" x2="{LEFT + wide}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
                     f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{mib}</text>')
    step = next(s for s in (1, 2, 5, 10, 20, 60, 120) if minutes / s <= 8)
    for minute in range(0, int(minutes + 0.5) + 1, step):
        x, _ = place(minute, 0)
        parts.append(f'<text x="{x:.1f}" y="{TOP + high + 18}" text-anchor="middle">{minute}</text>')
    for title, colour, name in series:
        places = [place(row["seconds"] / 60, row[name] / 1024) for row in rows]
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="1.5" points="'
                     + " ".join(f"{x:.1f},{y:.1f}" for x, y in places) + '"/>'
                     f'<text x="{places[-1][0] + 6:.1f}" y="{places[-1][1] + 4:.1f}" fill="{colour}">{title}</text>')
    return "\n".join(parts) + "\n</svg>\n"


def plot(arguments):
    rows = read(arguments.data)
    pathlib.Path(arguments.output).write_text(svg(rows))
    return judge(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=("run", "plot"))
    parser.add_argument("data", type=pathlib.Path, help="a folder of pictures; for plot what run wrote")
    parser.add_argument("options", nargs="*", help="for run: more options of siamese-train, behind --")
    parser.add_argument("-o", "--output", required=True, help="for run a CSV file; for plot an SVG file")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--every", type=float, default=5, help="seconds from sample to sample")
    parser.add_argument("--train", default="build/bin/siamese-train", help="path of siamese-train")
    arguments = parser.parse_args()
    sys.exit({"run": run, "plot": plot}[arguments.mode](arguments))


if __name__ == "__main__":
    main()
