#!/usr/bin/env python3
"""Our speed and memory beside those of what people would use instead, in one run.

The speed of a shared machine moves from minute to minute, so all take turns, several rounds of each, and what
is printed are ratios of neighbours in time: median, least and most over the rounds. Beside each stands the
ceiling of fused multiply-adds that siamese-bench measured in the same seconds.

    python3 tests/peers/speed.py networks [--encoder conv4] [--what train embed one] [--settings FILE]
    python3 tests/peers/speed.py settings [--encoder conv4] [--what train embed] -o FILE
    python3 tests/peers/speed.py tinygrad [--batch 64]
    python3 tests/peers/speed.py gemm [--blas LIBRARY] [--clblast]
    python3 tests/peers/speed.py memory
    python3 tests/peers/speed.py start

networks: training steps and embedding beside PyTorch, with as many threads as OpenCL has, an allocator that keeps its
pages, and the best settings found for each network (networks.py, or a file of `settings`). Ours augments, computes
statistics for the log and uses AdamW; PyTorch uses SGD and does neither.
settings: tries every setting of PyTorch, compiled or not, in both memory layouts, and writes the best.
tinygrad: training conv4 beside tinygrad on the same OpenCL device, recorded by its TinyJit.
gemm: matrix products beside OpenBLAS (the library that SciPy's wheel brings, or --blas); with --clblast also beside
CLBlast, with its own parameters and with the best of the overrides in peer_clblast.c for each shape.
memory: the largest resident size of siamese-train and of PyTorch over the same number of steps of conv4.
start: siamese-compare with two pictures, from start to end, beside `import torch` in Python.

Needs PyTorch, SciPy or tinygrad, each for its part. Not run by CI.
"""
import argparse
import glob
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time

from networks import ENCODERS, SETTINGS, peer_environment, spread

HERE = os.path.dirname(os.path.abspath(__file__))


def run_json(command, environment):
    result = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return json.loads(result.stdout)


def run_torch(arguments, what, setting):
    compiled, memory = setting
    command = [sys.executable, os.path.join(HERE, "peer_torch.py"), what, "--encoder", arguments.encoder, "--batch",
               str(arguments.batch), "--seconds", str(arguments.seconds), "--memory", memory]
    return run_json(command + (["--compiled"] if compiled else []), peer_environment(what == "train"))


def run_bench(arguments, *words, **environment):
    """Medians of siamese-bench's rows by name: (seconds, share of the FMA ceiling), and its report's context."""
    command = [arguments.bench, *words, "--repeats", str(arguments.repeats), "--json"]
    report = run_json(command, {**os.environ, **environment})
    rows = {row["run_name"]: (row["real_time"] * 1e-9, row.get("fma_share", 0)) for row in report["benchmarks"]
            if row.get("aggregate_name") == "median"}
    return rows, report["context"]


def print_head(arguments, context, peers):
    device = context["devices"][0]
    print(f"{time.strftime('%Y-%m-%d')}, Siamese {context['library_version']} on {device['name']}, "
          f"{device['platform']} {device['driver']}")
    print(f"{peers}, {os.cpu_count()} threads, {arguments.rounds} rounds; FMA ceiling "
          f"{device['fma_flops_per_second'] * 1e-9:.0f} GFLOP/s")


# Networks

def setting_words(setting):
    compiled, memory = setting
    return f"{'compiled' if compiled else 'eager'}, {'NHWC' if memory == 'channels_last' else 'NCHW'}"


def read_settings(arguments):
    settings = dict(SETTINGS)
    if arguments.settings:
        with open(arguments.settings) as file:
            settings.update({key: tuple(value) for key, value in json.load(file).items()})
    return settings


def networks(arguments):
    names = {"train": f"train/{arguments.encoder}/{arguments.batch}",
             "embed": f"embed/{arguments.encoder}/{2 * arguments.batch}", "one": f"embed/{arguments.encoder}/1"}
    parts = sorted({"train" if what == "train" else "embed" for what in arguments.what})
    settings = read_settings(arguments)
    ratios, ours, theirs = {}, {}, {}
    for _ in range(arguments.rounds):
        rows, context = run_bench(arguments, *parts, "--encoder", arguments.encoder, "--batch", str(arguments.batch))
        for what in arguments.what:
            measured = run_torch(arguments, what, settings[f"{arguments.encoder} {what}"])
            ratios.setdefault(what, []).append(measured["seconds"] / rows[names[what]][0])
            ours.setdefault(what, []).append(rows[names[what]])
            theirs.setdefault(what, []).append(measured["seconds"])
    print_head(arguments, context, f"PyTorch {measured['version']}")
    print(f"{'row':22} {'ours':>10} {'% FMA':>6} {'PyTorch':>10}  {'its setting':15} times as fast")
    for what in arguments.what:
        mine = statistics.median(s for s, _ in ours[what])
        share = statistics.median(f for _, f in ours[what])
        print(f"{names[what]:22} {1e3 * mine:7.2f} ms {100 * share:6.0f} {1e3 * statistics.median(theirs[what]):7.2f} ms  "
              f"{setting_words(settings[f'{arguments.encoder} {what}']):15} {spread(ratios[what])}", flush=True)


def settings(arguments):
    """Tries each setting twice, by turns, and keeps the one with the fastest run."""
    best = {}
    for what in arguments.what:
        seconds = {}
        for _ in range(2):
            for setting in [(compiled, memory) for compiled in (False, True) for memory in ("channels_last", "contiguous_format")]:
                measured = run_torch(arguments, what, setting)["seconds"]
                seconds[setting] = min(measured, seconds.get(setting, measured))
        for setting, least in sorted(seconds.items(), key=lambda item: item[1]):
            print(f"{arguments.encoder} {what}: {1e3 * least:8.2f} ms  {setting_words(setting)}", flush=True)
        best[f"{arguments.encoder} {what}"] = min(seconds, key=seconds.get)
    if os.path.exists(arguments.output):
        with open(arguments.output) as file:
            best = {**json.load(file), **best}
    with open(arguments.output, "w") as file:
        json.dump(best, file, indent=1)


def tinygrad(arguments):
    name = f"train/conv4/{arguments.batch}"
    ratios, ours, theirs = [], [], []
    for _ in range(arguments.rounds):
        rows, context = run_bench(arguments, "train", "--encoder", "conv4", "--batch", str(arguments.batch))
        command = [sys.executable, os.path.join(HERE, "peer_tinygrad.py"), "--batch", str(arguments.batch), "--seconds",
                   str(arguments.seconds)]
        measured = run_json(command, {**os.environ, "DEV": "CL"})
        ours.append(rows[name][0])
        theirs.append(measured["seconds"])
        ratios.append(measured["seconds"] / rows[name][0])
    print_head(arguments, context, f"tinygrad {measured['version']} on {measured['device']}, TinyJit, BEAM={measured['beam']}")
    print(f"{name}: ours {1e3 * statistics.median(ours):.2f} ms, tinygrad {1e3 * statistics.median(theirs):.0f} ms, first step "
          f"after {measured['first_seconds']:.0f} s; {spread(ratios)} times as fast")


# Matrix products

def find_blas():
    import scipy

    folder = os.path.join(os.path.dirname(os.path.dirname(scipy.__file__)), "scipy.libs")
    return glob.glob(os.path.join(folder, "libscipy_openblas-*.so"))[0], f"OpenBLAS of SciPy {scipy.__version__}"


def run_shapes(command, shapes, environment):
    """Seconds of each shape by the name of its row; below 0 where there is no right result."""
    result = subprocess.run([*command, *shapes], env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return {f"gemm/{line.split()[0]}": float(line.split()[1]) for line in result.stdout.splitlines()}


def choose_overrides(program, shapes):
    """The fastest right set of overrides for each shape, and how many sets there are."""
    count = int(subprocess.run([program], check=True, stdout=subprocess.PIPE, text=True).stdout)
    best = {}
    for number in range(count):
        for row, seconds in run_shapes([program, str(number)], shapes, os.environ).items():
            if seconds > 0 and (row not in best or seconds < best[row][1]):
                best[row] = (number, seconds)
    return {row: number for row, (number, _) in best.items()}, count


def run_overrides(program, chosen):
    seconds = {}
    for number in sorted(set(chosen.values())):
        shapes = [row.split("/", 1)[1] for row, own in chosen.items() if own == number]
        seconds.update(run_shapes([program, str(number)], shapes, os.environ))
    return seconds


def geometric(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def gemm(arguments):
    library, blas_name = (arguments.blas, arguments.blas) if arguments.blas else find_blas()
    words = ("gemm", "--encoder", "all", "--batch", str(arguments.batch))
    ours, times = {}, {"OpenBLAS": {}, "CLBlast": {}, "CLBlast tuned": {}}
    chosen = None
    for _ in range(arguments.rounds):
        rows, context = run_bench(arguments, *words)
        rows = {key: row for key, row in rows.items() if key.startswith("gemm/")}
        shapes = [key.split("/", 1)[1] for key in rows]
        theirs = {"OpenBLAS": run_shapes([arguments.peer_blas, library], shapes,
                                         {**peer_environment(False), "THREADS": str(os.cpu_count())})}
        if arguments.clblast:
            if chosen is None:
                chosen, sets = choose_overrides(arguments.peer_clblast, shapes)
            theirs["CLBlast"] = run_shapes([arguments.peer_clblast, "default"], shapes, os.environ)
            theirs["CLBlast tuned"] = run_overrides(arguments.peer_clblast, chosen)
        for key, row in rows.items():
            ours.setdefault(key, []).append(row)
            for peer, seconds in theirs.items():
                if seconds.get(key, -1) > 0:
                    times[peer].setdefault(key, []).append(seconds[key] / row[0])
    print_head(arguments, context, blas_name + (f", CLBlast 1.5 as it comes and with the best of {sets} sets of overrides for "
                                                "each row" if arguments.clblast else ""))
    peers = [peer for peer in times if times[peer]]
    print(f"{'row':28} {'ours':>10} {'% FMA':>6}  " + "  ".join(f"times {peer:20}" for peer in peers))
    for key, row in ours.items():
        print(f"{key:28} {1e6 * statistics.median(s for s, _ in row):7.1f} µs "
              f"{100 * statistics.median(f for _, f in row):6.0f}  "
              + "  ".join(f"{spread(times[peer][key]) if key in times[peer] else 'no right result':26}" for peer in peers))
    for peer in peers:
        means = [geometric([values[i] for values in times[peer].values()]) for i in range(arguments.rounds)]
        print(f"geometric mean over {len(times[peer])} rows: {spread(means)} times {peer}")


# Memory and start

def peak_of(command, environment):
    """Runs a command; its largest resident size in MiB."""
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"{' '.join(command)} failed")
    return usage.ru_maxrss / 1024


def make_pictures(arguments, folder):
    subprocess.run([os.path.join(os.path.dirname(arguments.bench), "siamese-glyphs"), "-o", folder], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return os.path.join(folder, "train")


def memory(arguments):
    ours, theirs = [], []
    settings = read_settings(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        data = make_pictures(arguments, os.path.join(scratch, "glyphs"))
        train = [os.path.join(os.path.dirname(arguments.bench), "siamese-train"), data, "-o", os.path.join(scratch, "model"),
                 "--encoder", arguments.encoder, "--batch", str(arguments.batch), "--steps", "100", "-q"]
        peak_of(train, os.environ)  # Compiles the kernels, as the first run ever does.
        for _ in range(arguments.rounds):
            ours.append(peak_of(train, os.environ))
            theirs.append(run_torch(arguments, "train", settings[f"{arguments.encoder} train"])["peak_mib"])
    shares = [mine / other for mine, other in zip(ours, theirs)]
    print(f"{arguments.encoder}, training, {arguments.batch} pairs, peak resident: siamese-train {statistics.median(ours):.0f} MiB, "
          f"PyTorch {statistics.median(theirs):.0f} MiB; share {spread(shares)}")


def wall_seconds(command, environment):
    begun = time.perf_counter()
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - begun


def start(arguments):
    compare = os.path.join(os.path.dirname(arguments.bench), "siamese-compare")
    python = [sys.executable, "-c", "import torch"]
    with tempfile.TemporaryDirectory() as scratch:
        data = make_pictures(arguments, os.path.join(scratch, "glyphs"))
        model = os.path.join(scratch, "model")
        peak_of([os.path.join(os.path.dirname(arguments.bench), "siamese-train"), data, "-o", model, "--encoder",
                 arguments.encoder, "--steps", "2", "-q"], os.environ)
        pictures = sorted(glob.glob(os.path.join(data, "*", "*", "*.png")))[:2]
        commands = {arguments.encoder: [compare, "-m", model, *pictures], "the default model": [compare, *pictures]}
        ours, theirs = {name: [] for name in commands}, []
        # The first two rounds compile the kernels, and bring everything into the page cache.
        for kept in [False] * 2 + [True] * max(arguments.rounds, 7):
            seconds = {name: wall_seconds(command, os.environ) for name, command in commands.items()}
            peer = wall_seconds(python, peer_environment(False))
            if kept:
                theirs.append(peer)
                for name in commands:
                    ours[name].append(seconds[name])
    print(f"import torch: {1e3 * statistics.median(theirs):.0f} ms")
    for name, times in ours.items():
        shares = [other / mine for mine, other in zip(times, theirs)]
        print(f"siamese-compare, {name}, whole process: {1e3 * statistics.median(times):.0f} ms "
              f"({1e3 * min(times):.0f} to {1e3 * max(times):.0f}); {spread(shares)} times as fast")


def main():
    modes = {"networks": networks, "settings": settings, "tinygrad": tinygrad, "gemm": gemm, "memory": memory, "start": start}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=modes)
    parser.add_argument("--bench", default="build/bin/siamese-bench", help="path of siamese-bench, with the others beside it")
    parser.add_argument("--encoder", choices=ENCODERS, default="conv4")
    parser.add_argument("--what", choices=("train", "embed", "one"), nargs="+", default=("train", "embed", "one"))
    parser.add_argument("--batch", type=int, default=64, help="pairs of a step, half the pictures embedded at once")
    parser.add_argument("--seconds", type=float, default=3, help="of each measurement of a peer")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=3, help="of siamese-bench in each round")
    parser.add_argument("--settings", help="a file that `settings` wrote")
    parser.add_argument("-o", "--output", default="settings.json", help="file of settings to write")
    parser.add_argument("--peer-blas", default="build/tests/peer_blas", help="built from peer_blas.c")
    parser.add_argument("--peer-clblast", default="build/tests/peer_clblast", help="built from peer_clblast.c")
    parser.add_argument("--blas", help="a library with cblas_sgemm")
    parser.add_argument("--clblast", action="store_true", help="CLBlast too, which takes minutes on a CPU")
    arguments = parser.parse_args()
    modes[arguments.mode](arguments)


if __name__ == "__main__":
    main()
