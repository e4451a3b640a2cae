#!/usr/bin/env python3
"""Our speed beside that of what people would use instead, in one run.

The speed of a shared machine moves from minute to minute, so all take turns, several rounds of each, and what
is printed are ratios of neighbours in time: median, least and most over the rounds. Beside each stands the
ceiling of fused multiply-adds that siamese-bench measured in the same seconds.

    python3 tests/peers/speed.py networks [--encoder conv4] [--what train embed one]
    python3 tests/peers/speed.py gemm [--blas LIBRARY]

networks: training steps and embedding beside PyTorch, which gets the best settings found for each network:
channels_last and SGD without compiling for training, with an allocator that keeps its pages; for embedding
conv4 compiled and frozen with channels first, koch compiled with channels_last, lenet not compiled; as many
threads as OpenCL has. Ours augments, computes statistics for the log and uses AdamW; PyTorch does less.
gemm: matrix products beside OpenBLAS (the library that SciPy's wheel brings, or --blas) and CLBlast.

Needs PyTorch, or SciPy. Not run by CI.
"""
import argparse
import glob
import json
import math
import os
import statistics
import subprocess
import sys
import time

ENCODERS = ("conv4", "lenet", "koch")


def network(torch, name):
    nn = torch.nn
    if name == "conv4":
        layers, channels = [], 1
        for _ in range(4):
            layers += [nn.Conv2d(channels, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(inplace=True), nn.MaxPool2d(2)]
            channels = 64
        return nn.Sequential(*layers, nn.Flatten(), nn.Linear(64, 64)), 28
    if name == "lenet":
        return nn.Sequential(
            nn.Conv2d(1, 20, 5), nn.MaxPool2d(2), nn.Conv2d(20, 50, 5), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(800, 500), nn.ReLU(inplace=True), nn.Linear(500, 10), nn.Linear(10, 2)), 28
    return nn.Sequential(
        nn.Conv2d(1, 64, 10), nn.ReLU(inplace=True), nn.MaxPool2d(2),
        nn.Conv2d(64, 128, 7), nn.ReLU(inplace=True), nn.MaxPool2d(2),
        nn.Conv2d(128, 128, 4), nn.ReLU(inplace=True), nn.MaxPool2d(2),
        nn.Conv2d(128, 256, 4), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(9216, 4096), nn.Sigmoid()), 105


def time_steps(step, seconds):
    """Median seconds of a step, over samples that fill `seconds`, after a warm-up."""
    for _ in range(3):
        step()
    times, begun = [], time.perf_counter()
    while time.perf_counter() - begun < seconds or len(times) < 3:
        before = time.perf_counter()
        step()
        times.append(time.perf_counter() - before)
    return statistics.median(times)


def peer_train(torch, arguments):
    net, size = network(torch, arguments.encoder)
    net = net.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    pairs = arguments.batch
    pictures = torch.rand(2 * pairs, 1, size, size).contiguous(memory_format=torch.channels_last)
    same = (torch.arange(pairs) % 2).float()

    def step():
        embeddings = torch.nn.functional.normalize(net(pictures))
        distance = (embeddings[:pairs] - embeddings[pairs:]).pow(2).sum(1).add(1e-12).sqrt()
        loss = (same * distance**2 + (1 - same) * torch.relu(1 - distance) ** 2).mean() / 2
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    return step


def peer_embed(torch, arguments):
    net, size = network(torch, arguments.encoder)
    one = arguments.what == "one"
    compiled = not one and arguments.encoder != "lenet"
    memory = torch.contiguous_format if compiled and arguments.encoder == "conv4" else torch.channels_last
    net = net.eval().to(memory_format=memory)
    if compiled:
        import torch._inductor.config

        torch._inductor.config.freezing = True
        net = torch.compile(net)
    pictures = torch.rand(1 if one else 2 * arguments.batch, 1, size, size).contiguous(memory_format=memory)

    def step():
        with torch.no_grad():
            net(pictures)

    return step


def peer(arguments):
    """Runs in a process of its own; prints seconds of a step."""
    import torch

    torch.set_num_threads(os.cpu_count())
    torch.manual_seed(1)
    make = peer_train if arguments.what == "train" else peer_embed
    print(json.dumps({"seconds": time_steps(make(torch, arguments), arguments.seconds), "version": torch.__version__}))


def peer_environment(training):
    environment = {k: v for k, v in os.environ.items() if k not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")}
    if training:
        environment.update(MALLOC_MMAP_THRESHOLD_="4294967296", MALLOC_TRIM_THRESHOLD_="8589934592")
    return environment


def run_peer(arguments, what):
    command = [sys.executable, __file__, "peer", "--encoder", arguments.encoder, "--batch", str(arguments.batch),
               "--seconds", str(arguments.seconds), "--what", what]
    result = subprocess.run(command, env=peer_environment(what == "train"), check=True, capture_output=True, text=True)
    return json.loads(result.stdout)


def run_bench(arguments, *words, **environment):
    """Medians of siamese-bench's rows by name: (seconds, share of the FMA ceiling), and its report's context."""
    command = [arguments.bench, *words, "--repeats", str(arguments.repeats), "--json"]
    result = subprocess.run(command, env={**os.environ, **environment}, check=True, capture_output=True, text=True)
    report = json.loads(result.stdout)
    rows = {row["run_name"]: (row["real_time"] * 1e-9, row.get("fma_share", 0)) for row in report["benchmarks"]
            if row.get("aggregate_name") == "median"}
    return rows, report["context"]


def spread(ratios):
    return f"{statistics.median(ratios):5.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def print_head(arguments, context, peers):
    device = context["devices"][0]
    print(f"{time.strftime('%Y-%m-%d')}, Siamese {context['library_version']} on {device['name']}, "
          f"{device['platform']} {device['driver']}")
    print(f"{peers}, {os.cpu_count()} threads, {arguments.rounds} rounds; FMA ceiling "
          f"{device['fma_flops_per_second'] * 1e-9:.0f} GFLOP/s")


def networks(arguments):
    names = {"train": f"train/{arguments.encoder}/{arguments.batch}",
             "embed": f"embed/{arguments.encoder}/{2 * arguments.batch}", "one": f"embed/{arguments.encoder}/1"}
    parts = sorted({"train" if what == "train" else "embed" for what in arguments.what})
    ratios, ours, theirs = {}, {}, {}
    for _ in range(arguments.rounds):
        rows, context = run_bench(arguments, *parts, "--encoder", arguments.encoder, "--batch", str(arguments.batch))
        for what in arguments.what:
            measured = run_peer(arguments, what)
            ratios.setdefault(what, []).append(measured["seconds"] / rows[names[what]][0])
            ours.setdefault(what, []).append(rows[names[what]])
            theirs.setdefault(what, []).append(measured["seconds"])
    print_head(arguments, context, f"PyTorch {measured['version']}")
    print(f"{'row':22} {'ours':>10} {'% FMA':>6} {'PyTorch':>10}  times as fast")
    for what in arguments.what:
        mine = statistics.median(s for s, _ in ours[what])
        share = statistics.median(f for _, f in ours[what])
        print(f"{names[what]:22} {1e3 * mine:7.2f} ms {100 * share:6.0f} {1e3 * statistics.median(theirs[what]):7.2f} ms  "
              f"{spread(ratios[what])}", flush=True)


def find_blas():
    import scipy

    folder = os.path.join(os.path.dirname(os.path.dirname(scipy.__file__)), "scipy.libs")
    return glob.glob(os.path.join(folder, "libscipy_openblas-*.so"))[0], f"OpenBLAS of SciPy {scipy.__version__}"


def run_blas(program, library, shapes):
    environment = {**peer_environment(False), "THREADS": str(os.cpu_count())}
    result = subprocess.run([program, library, *shapes], env=environment, check=True, capture_output=True, text=True)
    return {f"gemm/{line.split()[0]}": float(line.split()[1]) for line in result.stdout.splitlines()}


def geometric(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def gemm(arguments):
    library, name = (arguments.blas, arguments.blas) if arguments.blas else find_blas()
    words = ("gemm", "--encoder", "all", "--batch", str(arguments.batch))
    blas, clblast, ours = {}, {}, {}
    for _ in range(arguments.rounds):
        rows, context = run_bench(arguments, *words)
        rows = {key: row for key, row in rows.items() if key.startswith("gemm/")}
        theirs = run_blas(arguments.peer_blas, library, [key.split("/", 1)[1] for key in rows])
        others = run_bench(arguments, *words, SIAMESE_GEMM="clblast")[0] if arguments.clblast else {}
        for key, row in rows.items():
            ours.setdefault(key, []).append(row)
            blas.setdefault(key, []).append(theirs[key] / row[0])
            if key in others:
                clblast.setdefault(key, []).append(others[key][0] / row[0])
    print_head(arguments, context, name + (", CLBlast with its defaults" if clblast else ""))
    print(f"{'row':28} {'ours':>10} {'% FMA':>6}  {'times OpenBLAS':22} {'times CLBlast' if clblast else ''}")
    for key, row in ours.items():
        print(f"{key:28} {1e6 * statistics.median(s for s, _ in row):7.1f} µs "
              f"{100 * statistics.median(f for _, f in row):6.0f}  {spread(blas[key]):22} "
              f"{spread(clblast[key]) if key in clblast else ''}")
    for title, ratios in (("OpenBLAS", blas), ("CLBlast", clblast)):
        if ratios:
            means = [geometric([values[i] for values in ratios.values()]) for i in range(arguments.rounds)]
            print(f"geometric mean over {len(ratios)} rows: {spread(means)} times {title}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=("networks", "gemm", "peer"), metavar="networks|gemm")
    parser.add_argument("--bench", default="build/bin/siamese-bench", help="path of siamese-bench")
    parser.add_argument("--encoder", choices=ENCODERS, default="conv4")
    parser.add_argument("--what", choices=("train", "embed", "one"), nargs="+", default=("train", "embed", "one"))
    parser.add_argument("--batch", type=int, default=64, help="pairs of a step, half the pictures embedded at once")
    parser.add_argument("--seconds", type=float, default=3, help="of each measurement of PyTorch")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=3, help="of siamese-bench in each round")
    parser.add_argument("--peer-blas", default="build/tests/peer_blas", help="built from peer_blas.c")
    parser.add_argument("--blas", help="a library with cblas_sgemm")
    parser.add_argument("--clblast", action="store_true", help="CLBlast too, which takes minutes on a CPU")
    arguments = parser.parse_args()
    if arguments.mode == "peer":
        arguments.what = arguments.what[0]
        peer(arguments)
    elif arguments.mode == "networks":
        networks(arguments)
    else:
        gemm(arguments)


if __name__ == "__main__":
    main()
