#!/usr/bin/env python3
"""Makes systems.txt: what PyTorch computes for the five systems that weight-sharing teaches.

    python3 tests/golden/make_systems.py        (needs torch and numpy; CPU)

They are written here as one writes them in PyTorch: one tensor, used wherever it is shared, and autograd sums what each
use gives. Inputs and weights are drawn as in make_golden.py. For each system the file holds, in full, the outputs, the
gradient of every parameter, the losses of three steps of SGD and of AdamW, and what they change, all in float64; with
each record, how far PyTorch's own float32 strays from it, as the root of the mean square over 64 orders of summing,
from which test_golden_systems.c derives how far three steps may lead apart.
"""
import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from make_golden import FIRST_PARAMETER, STEPS, contrastive, make_optimizer, spread

INPUTS, TARGETS, ORDERS = 1, 3, 64
WORDS = [[0, 1], [1, 2], [2, 1], [3, 3], [0, 6]]  # Words 4 and 5 are never looked up; 3 is twice in one context.
NEXT_WORDS = [2, 1, 0, 4, 3]
LABELS = [True, False, True]  # Pair i is pictures i and i + 3.


class Sums:
    """Matrix products whose terms are added in the order that a seed draws; None: as they come."""

    def __init__(self, seed):
        self.random = None if seed is None else np.random.default_rng(seed)

    def product(self, a, b):
        if self.random is None:
            return a @ b
        terms, rows = (torch.tensor(self.random.permutation(n)) for n in (a.shape[1], a.shape[0]))
        return (a[rows][:, terms] @ b[terms])[torch.argsort(rows)]


class System:
    """Parameters by name, and outputs and loss as functions of them."""

    def __init__(self, dtype, seed):
        self.dtype, self.sums, self.values = dtype, Sums(seed), {}
        self.build()

    def parameter(self, name, *shape):
        """A matrix in proportion to the size of its sums, or a bias."""
        scale = math.sqrt(6.0 / shape[0]) if len(shape) > 1 else 0.125
        values = spread(FIRST_PARAMETER + len(self.values), math.prod(shape)) * scale
        tensor = torch.tensor(values.astype(np.float32).reshape(shape), dtype=self.dtype, requires_grad=True)
        self.values[name] = tensor
        return tensor

    def drawn(self, purpose, *shape):
        return torch.tensor(spread(purpose, math.prod(shape)).reshape(shape), dtype=self.dtype)

    def linear(self, x, weight, bias):
        return self.sums.product(x, weight) + bias


class Standard(System):
    def build(self):
        self.encode, self.encode_bias = self.parameter("encode.weight", 10, 5), self.parameter("encode.bias", 5)
        self.decode, self.decode_bias = self.parameter("decode.weight", 5, 10), self.parameter("decode.bias", 10)
        self.x = self.drawn(INPUTS, 4, 10)

    def outputs(self):
        return self.linear(self.linear(self.x, self.encode, self.encode_bias), self.decode, self.decode_bias)

    def loss(self, y):
        return (y - self.x).square().sum() / 2


class Tied(Standard):
    def build(self):
        self.encode, self.encode_bias = self.parameter("encode.weight", 10, 5), self.parameter("encode.bias", 5)
        self.decode, self.decode_bias = self.encode.t(), self.parameter("decode.bias", 10)
        self.x = self.drawn(INPUTS, 4, 10)


class Shared(System):
    def build(self):
        self.weight, self.first = self.parameter("first.weight", 10, 10), self.parameter("first.bias", 10)
        self.second = self.parameter("second.bias", 10)
        self.x, self.target = self.drawn(INPUTS, 4, 10), self.drawn(TARGETS, 4, 10)

    def outputs(self):
        return self.linear(self.linear(self.x, self.weight, self.first), self.weight, self.second)

    def loss(self, y):
        return (y - self.target).square().sum() / 2


class Embeddings(System):
    def build(self):
        self.table = self.parameter("embedding.weight", 7, 4)
        self.mix, self.mix_bias = self.parameter("mix.weight", 8, 4), self.parameter("mix.bias", 4)
        self.project_bias = self.parameter("project.bias", 7)

    def outputs(self):
        e = F.embedding(torch.tensor(WORDS), self.table).flatten(1)
        return self.linear(torch.tanh(self.linear(e, self.mix, self.mix_bias)), self.table.t(), self.project_bias)

    def loss(self, y):
        return F.cross_entropy(y, torch.tensor(NEXT_WORDS), reduction="sum")


class Siamese(System):
    def build(self):
        self.hidden, self.hidden_bias = self.parameter("hidden.weight", 16, 6), self.parameter("hidden.bias", 6)
        self.embed, self.embed_bias = self.parameter("embed.weight", 6, 3), self.parameter("embed.bias", 3)
        self.x = self.drawn(INPUTS, 6, 16)

    def encoder(self, x):
        h = torch.tanh(self.linear(x, self.hidden, self.hidden_bias))
        return torch.tanh(self.linear(h, self.embed, self.embed_bias))

    def outputs(self):
        first, second = self.x.chunk(2)
        return torch.cat([self.encoder(first), self.encoder(second)])

    def loss(self, y):
        return contrastive(y, torch.tensor(LABELS), None)


SYSTEMS = {"standard": Standard, "tied": Tied, "shared": Shared, "embedding": Embeddings, "siamese": Siamese}


def run(name, optimizer_name, dtype, seed=None):
    """Three steps; the results by name, in float64."""
    system = SYSTEMS[name](dtype, seed)
    before = {key: value.detach().clone() for key, value in system.values.items()}
    optimizer, results, losses = make_optimizer(optimizer_name, system), {}, []
    for step in range(STEPS):
        optimizer.zero_grad()
        y = system.outputs()
        loss = system.loss(y)
        loss.backward()
        losses.append(loss.detach())
        if step == 0:
            results["outputs"] = y.detach()
            results |= {f"gradient.{key}": value.grad.clone() for key, value in system.values.items()}
        optimizer.step()
    results[f"{optimizer_name}.losses"] = torch.stack(losses)
    for key, value in system.values.items():
        results[f"{optimizer_name}.change.{key}"] = value.detach() - before[key]
    return {key: value.double().reshape(-1).numpy() for key, value in results.items()}


def main():
    path, known = pathlib.Path(__file__).with_name("systems.txt"), set()
    with path.open("w") as file:
        print(f"# Made by make_systems.py with PyTorch {torch.__version__}; it says what this holds.", file=file)
        for name in SYSTEMS:
            for optimizer_name in ("sgd", "adamw"):
                exact = run(name, optimizer_name, torch.float64)
                rough = [run(name, optimizer_name, torch.float32, seed) for seed in range(ORDERS)]
                for key, values in exact.items():
                    if f"{name}.{key}" in known:
                        continue
                    known.add(f"{name}.{key}")
                    stray = math.sqrt(np.mean([np.mean((r[key] - values) ** 2) for r in rough]))
                    print(f"{name}.{key} {values.size} {stray:.3e}", file=file)
                    print(*(f"{value:.16e}" for value in values), file=file)
    print(path, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
