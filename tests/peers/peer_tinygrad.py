#!/usr/bin/env python3
"""Times tinygrad's training of conv4 on OpenCL, for speed.py; prints an object with seconds of a step.

    DEV=CL python3 tests/peers/peer_tinygrad.py --batch 64

The same step as peer_torch.py's, in a TinyJit. Needs tinygrad.
"""
import argparse
import importlib.metadata
import json
import os
import statistics
import time

from tinygrad import Context, Device, Tensor, TinyJit, nn
from tinygrad.nn.state import get_parameters


class Conv4:
    def __init__(self):
        self.convolutions = [nn.Conv2d(1 if i == 0 else 64, 64, 3, padding=1) for i in range(4)]
        self.norms = [nn.BatchNorm(64) for _ in range(4)]
        self.linear = nn.Linear(64, 64)

    def __call__(self, x):
        for convolution, norm in zip(self.convolutions, self.norms):
            x = norm(convolution(x)).relu().max_pool2d((2, 2))
        x = self.linear(x.flatten(1))
        return x / (x.square().sum(1, keepdim=True) + 1e-12).sqrt()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=64, help="pairs of a step")
    parser.add_argument("--seconds", type=float, default=5)
    arguments = parser.parse_args()
    pairs = arguments.batch
    Tensor.manual_seed(1)
    net = Conv4()
    optimizer = nn.optim.SGD(get_parameters(net), lr=0.01, momentum=0.9)
    pictures = Tensor.rand(2 * pairs, 1, 28, 28).realize()
    same = (Tensor.arange(pairs) % 2).float().realize()

    @TinyJit
    def step():
        optimizer.zero_grad()
        embeddings = net(pictures)
        distance = ((embeddings[:pairs] - embeddings[pairs:]).square().sum(1) + 1e-12).sqrt()
        loss = (same * distance.square() + (1 - same) * (1 - distance).relu().square()).mean() / 2
        loss.backward()
        return loss.realize(*optimizer.schedule_step())

    def run():
        with Context(TRAINING=1):
            step()
        Device[Device.DEFAULT].synchronize()

    begun = time.perf_counter()
    run()
    first = time.perf_counter() - begun
    # The second call records the kernels, the third runs the recording.
    for _ in range(2):
        run()
    times, begun = [], time.perf_counter()
    while time.perf_counter() - begun < arguments.seconds or len(times) < 3:
        before = time.perf_counter()
        run()
        times.append(time.perf_counter() - before)
    print(json.dumps({"seconds": statistics.median(times), "first_seconds": first, "device": Device.DEFAULT,
                      "version": importlib.metadata.version("tinygrad"), "beam": os.environ.get("BEAM", "0")}))


if __name__ == "__main__":
    main()
