#!/usr/bin/env python3
"""Times PyTorch at one work with one setting, for speed.py; prints an object with seconds of a step.

    python3 tests/peers/peer_torch.py train --encoder conv4 --memory channels_last

Training: the encoder on both pictures of each pair, contrastive loss, SGD with momentum. Embedding: no gradients;
compiled ones are frozen too.
"""
import argparse
import json
import os
import statistics
import time

import torch

from networks import ENCODERS, network


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


def train(arguments, memory):
    net, size = network(torch, arguments.encoder)
    net = net.to(memory_format=memory)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    pairs = arguments.batch
    pictures = torch.rand(2 * pairs, 1, size, size).contiguous(memory_format=memory)
    same = (torch.arange(pairs) % 2).float()
    forward = torch.compile(net) if arguments.compiled else net

    def step():
        embeddings = torch.nn.functional.normalize(forward(pictures))
        distance = (embeddings[:pairs] - embeddings[pairs:]).pow(2).sum(1).add(1e-12).sqrt()
        loss = (same * distance**2 + (1 - same) * torch.relu(1 - distance) ** 2).mean() / 2
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    return step


def embed(arguments, memory):
    net, size = network(torch, arguments.encoder)
    net = net.eval().to(memory_format=memory)
    if arguments.compiled:
        from torch._inductor import config

        config.freezing = True
        net = torch.compile(net)
    count = 1 if arguments.what == "one" else 2 * arguments.batch
    pictures = torch.rand(count, 1, size, size).contiguous(memory_format=memory)

    def step():
        with torch.no_grad():
            net(pictures)

    return step


def peak_mib():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmHWM"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("train", "embed", "one"))
    parser.add_argument("--encoder", choices=ENCODERS, default="conv4")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--compiled", action="store_true")
    parser.add_argument("--memory", choices=("channels_last", "contiguous_format"), default="channels_last")
    arguments = parser.parse_args()
    torch.set_num_threads(os.cpu_count())
    torch.manual_seed(1)
    make = train if arguments.what == "train" else embed
    seconds = time_steps(make(arguments, getattr(torch, arguments.memory)), arguments.seconds)
    print(json.dumps({"seconds": seconds, "version": torch.__version__, "peak_mib": peak_mib()}))


if __name__ == "__main__":
    main()
