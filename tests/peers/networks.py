"""The encoders in PyTorch, and what every comparison needs: best settings, environments, ratios with their spread."""
import os
import statistics

ENCODERS = ("conv4", "lenet", "koch")

# The best setting of PyTorch 2.15 found for each work on two cores (docs/benchmarks/epyc-2-cores.md):
# (compiled, memory format). `speed.py settings` tries all and writes what is best elsewhere.
SETTINGS = {
    "conv4 train": (False, "channels_last"), "conv4 embed": (True, "contiguous_format"), "conv4 one": (False, "channels_last"),
    "lenet train": (False, "channels_last"), "lenet embed": (False, "channels_last"), "lenet one": (False, "channels_last"),
    "koch train": (False, "channels_last"), "koch embed": (True, "channels_last"), "koch one": (False, "channels_last"),
}


def network(torch, name):
    """The encoder, and the height and width of its pictures."""
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


def peer_environment(training):
    """Without settings that slow OpenBLAS down; for training with an allocator that keeps its pages."""
    environment = {k: v for k, v in os.environ.items() if k not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")}
    if training:
        environment.update(MALLOC_MMAP_THRESHOLD_="4294967296", MALLOC_TRIM_THRESHOLD_="8589934592")
    return environment


def spread(ratios):
    return f"{statistics.median(ratios):5.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
