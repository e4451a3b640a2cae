#!/usr/bin/env python3
"""Training speed of an encoder beside PyTorch's, in one run.

The speed of a shared machine moves, so the two take turns, several rounds of each, and what is printed is the
ratio of neighbours with its spread. PyTorch gets its best setting found: eager, channels_last, SGD, its
allocator told to keep pages, and as many threads as OpenCL has.

    python3 tests/peers/train_speed.py --train build/bin/siamese-train --data FOLDER [--encoder conv4]

Needs PyTorch and a folder of class folders for siamese-train. Not run by CI.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
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


def peer(name, pairs, seconds):
    """Steps of PyTorch for `seconds`; prints pairs per second. Runs in a process of its own."""
    import torch

    torch.set_num_threads(os.cpu_count())
    torch.manual_seed(1)
    net, size = network(torch, name)
    net = net.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    pictures = torch.rand(2 * pairs, 1, size, size).contiguous(memory_format=torch.channels_last)
    same = (torch.arange(pairs) % 2).float()

    def step():
        embeddings = torch.nn.functional.normalize(net(pictures))
        distance = (embeddings[:pairs] - embeddings[pairs:]).pow(2).sum(1).add(1e-12).sqrt()
        loss = (same * distance**2 + (1 - same) * torch.relu(1 - distance) ** 2).mean() / 2
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    for _ in range(3):
        step()
    done, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        step()
        done += 1
    print(json.dumps({"pairs_per_second": done * pairs / (time.perf_counter() - start), "torch": torch.__version__}))


def peer_environment():
    environment = {k: v for k, v in os.environ.items() if k not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")}
    environment.update(MALLOC_MMAP_THRESHOLD_="4294967296", MALLOC_TRIM_THRESHOLD_="8589934592")
    return environment


def run_peer(arguments):
    command = [sys.executable, __file__, "--peer", "--encoder", arguments.encoder, "--pairs", str(arguments.pairs),
               "--seconds", str(arguments.seconds)]
    return json.loads(subprocess.run(command, env=peer_environment(), check=True, capture_output=True, text=True).stdout)


def run_ours(arguments, folder):
    command = [arguments.train, arguments.data, "-o", os.path.join(folder, "model"), "--encoder", arguments.encoder,
               "--pairs", "drawn", "--batch", str(arguments.pairs), "--minutes", str(arguments.seconds / 60),
               "--optimizer", "sgd", "--augment", arguments.augment, "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", help="path of siamese-train")
    parser.add_argument("--data", help="class folders")
    parser.add_argument("--encoder", choices=ENCODERS, default="conv4")
    parser.add_argument("--pairs", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--augment", default="none", help="what siamese-train does to pictures; PyTorch does nothing")
    parser.add_argument("--peer", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.peer:
        peer(arguments.encoder, arguments.pairs, arguments.seconds)
        return
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        run_ours(arguments, folder)  # builds the kernels
        for number in range(arguments.rounds):
            ours, theirs = run_ours(arguments, folder), run_peer(arguments)
            ratios.append(ours["pairs_per_second"] / theirs["pairs_per_second"])
            print(f"round {number + 1}: siamese-train {ours['pairs_per_second']:.0f} pairs/s on {ours['device']}, "
                  f"PyTorch {theirs['torch']} {theirs['pairs_per_second']:.0f}, ratio {ratios[-1]:.2f}", flush=True)
    print(f"{arguments.encoder}, {arguments.pairs} pairs a step: ratio median {statistics.median(ratios):.2f}, "
          f"{min(ratios):.2f} to {max(ratios):.2f}, {os.cpu_count()} threads")


if __name__ == "__main__":
    main()
