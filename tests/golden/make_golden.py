#!/usr/bin/env python3
"""Makes lenet.txt, conv4.txt, resnet8.txt, resnet12.txt and koch.txt: what PyTorch computes for the built-in
encoders; and autoencoder.txt: for a convolutional autoencoder whose decoder uses the weights of its encoder.

    python3 tests/golden/make_golden.py [ENCODER ...]        (needs torch and numpy; CPU)

Pictures, weights and biases come from counter-based draws (Philox, as in src/base/random.c), so the files
hold results only: the embeddings (or reconstructed pictures), the gradient of every parameter, the losses of three steps, and what three
steps of each optimiser change. Of a tensor they hold four projections on drawn vectors, which every element
has a part in, and a sample of its elements. Layouts: filters [height,width,in,out], matrices [in,out].

All values are computed in float64. Beside each stands how far PyTorch's own float32 strays from it, as the
root of the mean square over four ways of computing (with and without oneDNN, both layouts of pictures):
test_golden.c derives its tolerances from that.
"""
import math
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F

SEED = 20240607
PAIRS = {"lenet": 3, "conv4": 3, "resnet8": 3, "resnet12": 3, "koch": 1, "autoencoder": 3}
SAMPLES, STEPS, MARGIN = 32, 3, 1.0
STREAM = 2
PICTURES, PROJECTIONS, FIRST_PARAMETER = 1, 2, 16  # What stands in for the step in the draws.

OPTIMIZERS = {
    "sgd": dict(rate=0.05, momentum=0.9, decay=0.01),
    "adam": dict(rate=0.001, decay=0.01),
    "adamw": dict(rate=0.001, decay=0.1),
}
USED = {"lenet": ["sgd", "adam", "adamw"], "conv4": ["sgd"], "resnet8": ["sgd"], "resnet12": ["sgd"], "koch": ["sgd"],
        "autoencoder": ["sgd", "adamw"]}


def draws(step, count):
    """Words [count,4]: Philox4x32-10 of the counters (index, 0, step, STREAM) under SEED."""
    c = [np.arange(count, dtype=np.uint64), np.zeros(count, np.uint64)]
    c += [np.full(count, step, np.uint64), np.full(count, STREAM, np.uint64)]
    k0, k1, low = SEED & 0xFFFFFFFF, SEED >> 32, np.uint64(0xFFFFFFFF)
    for _ in range(10):
        p0, p1 = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
        c = [(p1 >> np.uint64(32)) ^ c[1] ^ np.uint64(k0), p1 & low,
             (p0 >> np.uint64(32)) ^ c[3] ^ np.uint64(k1), p0 & low]
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return np.stack(c, axis=1)


def spread(step, count):
    """`count` numbers in [-1, 1), exact in float32: each draw gives four, in order."""
    words = draws(step, (count + 3) // 4).reshape(-1)[:count]
    return (words >> np.uint64(8)).astype(np.float64) * 2.0**-23 - 1


class Encoder:
    """A list of layers over NHWC pictures; parameters in our layouts, numbered in order of their layers."""

    def __init__(self, name, dtype):
        self.dtype, self.names, self.values, self.states = dtype, [], {}, {}
        build = {"lenet": self.lenet, "conv4": self.conv4, "resnet8": self.resnet8, "resnet12": self.resnet12,
                 "koch": self.koch, "autoencoder": self.autoencoder}[name]
        self.loss = reconstruction if name == "autoencoder" else contrastive
        self.layers, self.side = build()

    def add(self, name, shape, scale, offset=0.0):
        values = spread(FIRST_PARAMETER + len(self.names), math.prod(shape)) * scale + offset
        tensor = torch.tensor(values.astype(np.float32).reshape(shape), dtype=self.dtype, requires_grad=True)
        self.names.append(name)
        self.values[name] = tensor

    def conv(self, number, kernel, inputs, filters, pad=0, stride=1, bias=True):
        scale = math.sqrt(6.0 / (kernel**2 * inputs))
        self.add(f"conv{number}.weight", (kernel, kernel, inputs, filters), scale)
        if not bias:
            return lambda x: F.conv2d(x, self.values[f"conv{number}.weight"].permute(3, 2, 0, 1), padding=pad,
                                      stride=stride)
        self.add(f"conv{number}.bias", (filters,), 0.125)
        return lambda x: F.conv2d(x, self.values[f"conv{number}.weight"].permute(3, 2, 0, 1),
                                  self.values[f"conv{number}.bias"], padding=pad, stride=stride)

    def conv_transpose(self, number, owner, filters, **options):
        """The transpose of convolution number `owner`, by its weights; a bias of its own."""
        self.add(f"conv_transpose{number}.bias", (filters,), 0.125)
        return lambda x: F.conv_transpose2d(x, self.values[f"conv{owner}.weight"].permute(3, 2, 0, 1),
                                            self.values[f"conv_transpose{number}.bias"], **options)

    def linear_transpose(self, number, owner, features):
        self.add(f"linear{number}.bias", (features,), 0.125)
        return lambda x: x @ self.values[f"linear{owner}.weight"].t() + self.values[f"linear{number}.bias"]

    def batch_norm(self, number, channels):
        name = f"batch_norm{number}"
        self.add(f"{name}.weight", (channels,), 0.25, 1.0)
        self.add(f"{name}.bias", (channels,), 0.25)
        self.states[f"{name}.running_mean"] = torch.zeros(channels, dtype=self.dtype)
        self.states[f"{name}.running_var"] = torch.ones(channels, dtype=self.dtype)
        values, states = self.values, self.states
        return lambda x: F.batch_norm(x, states[f"{name}.running_mean"], states[f"{name}.running_var"],
                                      values[f"{name}.weight"], values[f"{name}.bias"], training=True)

    def linear(self, number, inputs, features):
        self.add(f"linear{number}.weight", (inputs, features), math.sqrt(6.0 / inputs))
        self.add(f"linear{number}.bias", (features,), 0.125)
        return lambda x: x @ self.values[f"linear{number}.weight"] + self.values[f"linear{number}.bias"]

    def normalized(self, number, kernel, inputs, filters, stride=1):
        """A convolution and the batch normalisation of the same number."""
        conv = self.conv(number, kernel, inputs, filters, pad=kernel // 2, stride=stride, bias=False)
        norm = self.batch_norm(number, filters)
        return lambda x: norm(conv(x))

    def residual(self, first, count, inputs, filters, activation, stride=1):
        """`count` convolutions from number `first` on, and past them a 1×1 convolution where shapes differ."""
        body = [self.normalized(first + i, 3, inputs if i == 0 else filters, filters, stride if i == 0 else 1)
                for i in range(count)]
        past = torch.nn.Identity()
        if inputs != filters:
            past = self.normalized(first + count, 1, inputs, filters, stride)

        def block(x):
            y = body[0](x)
            for layer in body[1:]:
                y = layer(activation(y))
            return activation(y + past(x))
        return block

    def gem_pool(self, number):
        """Radenović, Tolias and Chum 2018."""
        name = f"gem_pool{number}.exponent"
        self.add(name, (1,), 0.25, 3.0)
        return lambda x: x.clamp(min=float(np.float32(1e-6))).pow(self.values[name]).mean((2, 3)).pow(
            1 / self.values[name])

    @staticmethod
    def global_average(x):
        return x.mean((2, 3))

    @staticmethod
    def flatten(x):
        return x.permute(0, 2, 3, 1).flatten(1)

    @staticmethod
    def pool(x):
        return F.max_pool2d(x, 2)

    @staticmethod
    def normalize(x):
        return F.normalize(x, eps=1e-12)

    def lenet(self):
        return [self.conv(1, 5, 1, 20), self.pool, self.conv(2, 5, 20, 50), self.pool, self.flatten,
                self.linear(1, 800, 500), torch.relu, self.linear(2, 500, 10), self.linear(3, 10, 2),
                self.normalize], 28

    def conv4(self):
        layers = []
        for number in range(1, 5):
            layers += [self.conv(number, 3, 1 if number == 1 else 64, 64, pad=1), self.batch_norm(number, 64),
                       torch.relu, self.pool]
        return layers + [self.flatten, self.linear(1, 64, 64), self.normalize], 28

    def resnet8(self):
        return [self.normalized(1, 3, 1, 64), torch.relu, self.pool,
                self.residual(2, 2, 64, 64, torch.relu),
                self.residual(4, 2, 64, 128, torch.relu, stride=2),
                self.residual(7, 2, 128, 256, torch.relu, stride=2),
                self.gem_pool(1), self.linear(1, 256, 64), self.normalize], 28

    def resnet12(self):
        def activation(x):
            return F.leaky_relu(x, float(np.float32(0.1)))

        layers, inputs = [], 1
        for block, filters in enumerate((32, 64, 128, 256)):
            layers += [self.residual(1 + 4 * block, 3, inputs, filters, activation), self.pool]
            inputs = filters
        return layers + [self.global_average, self.linear(1, 256, 64), self.normalize], 28

    def koch(self):
        layers = [self.conv(1, 10, 1, 64), torch.relu, self.pool,
                  self.conv(2, 7, 64, 128), torch.relu, self.pool,
                  self.conv(3, 4, 128, 128), torch.relu, self.pool,
                  self.conv(4, 4, 128, 256), torch.relu]
        return layers + [self.flatten, self.linear(1, 9216, 4096), torch.sigmoid, self.normalize], 105

    def autoencoder(self):
        def reshape(x):
            return x.reshape(len(x), 3, 3, 12).permute(0, 3, 1, 2)

        def upsample(x):
            return F.pad(F.interpolate(x, scale_factor=2, mode="nearest"), (0, 1, 0, 1), mode="replicate")

        return [self.conv(1, 3, 1, 8, pad=1, stride=2), torch.relu, self.conv(2, 3, 8, 12, pad=1), torch.relu,
                self.pool, self.flatten, self.linear(1, 108, 20), self.linear_transpose(2, 1, 108), torch.relu,
                reshape, upsample, self.conv_transpose(1, 2, 8, padding=1), torch.relu,
                self.conv_transpose(2, 1, 1, stride=2, padding=1, output_padding=1), self.flatten], 14

    def embed(self, pictures, memory_format):
        x = pictures.permute(0, 3, 1, 2).contiguous(memory_format=memory_format)
        for layer in self.layers:
            x = layer(x)
        return x


def reconstruction(outputs, labels, pictures):
    return (outputs - pictures.flatten(1)).square().mean()


def contrastive(embeddings, labels, pictures):
    """Drawn pairs: rows i and i + N/2; Hadsell, Chopra and LeCun 2006."""
    first, second = embeddings.chunk(2)
    distance = (first - second).square().sum(1).sqrt()
    different = torch.clamp(MARGIN - distance, min=0).square() / 2
    return torch.where(labels, distance.square() / 2, different).mean()


def make_optimizer(name, encoder):
    options = {key: float(np.float32(value)) for key, value in OPTIMIZERS[name].items()}
    weights = [value for key, value in encoder.values.items() if value.dim() > 1]
    others = [value for key, value in encoder.values.items() if value.dim() == 1]
    groups = [{"params": weights, "weight_decay": options["decay"]}, {"params": others, "weight_decay": 0.0}]
    if name == "sgd":
        return torch.optim.SGD(groups, lr=options["rate"], momentum=options["momentum"])
    betas = (float(np.float32(0.9)), float(np.float32(0.999)))
    kind = torch.optim.Adam if name == "adam" else torch.optim.AdamW
    return kind(groups, lr=options["rate"], betas=betas, eps=float(np.float32(1e-8)))


def run(name, optimizer_name, dtype, memory_format):
    """Three steps; returns the results by name, in float64."""
    encoder = Encoder(name, dtype)
    images = 2 * PAIRS[name]
    shape = (images, encoder.side, encoder.side, 1)
    pictures = torch.tensor(spread(PICTURES, math.prod(shape)).reshape(shape), dtype=dtype)
    labels = torch.tensor([pair % 2 == 0 for pair in range(PAIRS[name])])
    before = {key: value.detach().clone() for key, value in encoder.values.items()}
    optimizer, results, losses = make_optimizer(optimizer_name, encoder), {}, []
    for step in range(STEPS):
        optimizer.zero_grad()
        embeddings = encoder.embed(pictures, memory_format)
        loss = encoder.loss(embeddings, labels, pictures)
        loss.backward()
        losses.append(loss.detach())
        if step == 0:
            results["embeddings"] = embeddings.detach().clone()
            for key, value in encoder.values.items():
                results[f"gradient.{key}"] = value.grad.clone()
        optimizer.step()
    results[f"{optimizer_name}.losses"] = torch.stack(losses)
    for key, value in encoder.values.items():
        results[f"{optimizer_name}.change.{key}"] = value.detach() - before[key]
    for key, value in encoder.states.items():
        results[f"{optimizer_name}.state.{key}"] = value
    return {key: value.double().reshape(-1).numpy() for key, value in results.items()}


def float32_runs(name, optimizer_name):
    for with_onednn in (True, False):
        for memory_format in (torch.contiguous_format, torch.channels_last):
            with torch.backends.mkldnn.flags(enabled=with_onednn):
                yield run(name, optimizer_name, torch.float32, memory_format)


def vectors(count):
    """Four vectors [4,count] over [-1, 1)."""
    return (draws(PROJECTIONS, count) >> np.uint64(8)).astype(np.float64).T * 2.0**-23 - 1


def write_record(file, name, exact, rough):
    """One tensor: its size, the strays of elements and projections, four projections, a sample."""
    count = exact.size
    directions = vectors(count)
    element = math.sqrt(np.mean([np.mean((r - exact) ** 2) for r in rough]))
    projected = math.sqrt(np.mean([np.mean((directions @ (r - exact)) ** 2) for r in rough]))
    sample = min(count, SAMPLES)
    places = (np.arange(sample, dtype=np.int64) * count + count // 2) // sample
    print(f"{name} {count} {element:.3e} {projected:.3e}", file=file)
    print(*(f"{value:.13e}" for value in directions @ exact), file=file)
    print(*(f"{value:.13e}" for value in exact[places]), file=file)


def make(name):
    path = pathlib.Path(__file__).with_name(f"{name}.txt")
    known = set()
    with path.open("w") as file:
        made = f"# Made by make_golden.py with PyTorch {torch.__version__}; it says what this holds."
        print(made, file=file)
        for optimizer_name in USED[name]:
            exact = run(name, optimizer_name, torch.float64, torch.contiguous_format)
            rough = list(float32_runs(name, optimizer_name))
            for key in exact:
                if key in known:
                    continue
                known.add(key)
                write_record(file, key, exact[key], [r[key] for r in rough])
    print(path, path.stat().st_size, "bytes")


if __name__ == "__main__":
    for encoder_name in sys.argv[1:] or PAIRS:
        make(encoder_name)
