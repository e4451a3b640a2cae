#!/usr/bin/env python3
"""Loads networks with shared parameters, saved by our public functions, into PyTorch, and looks for the sharing.

    pip install torch numpy safetensors pillow
    python3 tests/peers/compare_sharing.py build/tests/peer_sharing

For the five systems of weight-sharing, and a matrix in four places of which two are transposed: script/load_in_pytorch.py
and safetensors.torch.load_model() both leave every slot at the address of the parameter it shares; the outputs are ours;
a parameter counts once; and a step of training in PyTorch moves all its uses, by the gradients of all.
"""
import copy
import pathlib
import subprocess
import sys
import tempfile

import safetensors.torch
import torch

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "script"))
import load_in_pytorch  # noqa: E402

WORDS = {"embedding"}


def ties(network):
    """Slots that refer to others: layer, role, owner's layer and role, and whether transposed."""
    for layer in network.children():
        for role, owner in layer.options.items():
            name, _, owners_role = owner.removesuffix("^T").rpartition(".")
            if name in network._modules:
                yield layer, role, network._modules[name], owners_role, owner.endswith("^T")


def check_sharing(network):
    """Every tied slot lies where its owner does; how many there are, and how many of them transposed."""
    plain = transposed = 0
    for layer, role, owner, owners_role, is_transposed in ties(network):
        here, there = layer.slot(role), owner.slot(owners_role)
        assert here.data_ptr() == there.data_ptr(), f"{layer.name}.{role} is a copy"
        assert torch.equal(here, there.t() if is_transposed else there)
        plain, transposed = plain + (not is_transposed), transposed + is_transposed
    return plain, transposed


def read_anew(network, path):
    """The same module without its values, filled by safetensors alone."""
    empty = copy.deepcopy(network)
    empty.share()  # A copy's transposed slots still mean the parameters of the original.
    with torch.no_grad():
        for parameter in empty.parameters():
            parameter.zero_()
    safetensors.torch.load_model(empty, path)
    for ours, theirs in zip(network.state_dict().values(), empty.state_dict().values()):
        assert torch.equal(ours, theirs), "load_model() reads something else"
    return empty


def check_step(network, x):
    """w − rate · Σ of what each use gives, seen by every use: the uses apart are functions of copies."""
    network.run(x).square().sum().backward()
    before = {name: value.detach().clone() for name, value in network.named_parameters()}
    torch.optim.SGD(network.parameters(), lr=0.125).step()
    for name, value in network.named_parameters():
        assert torch.equal(value, before[name] - 0.125 * value.grad), name
    check_sharing(network)


def compare(folder, name, weights, outputs):
    path = folder / f"{name}.siamese"
    network, _ = load_in_pytorch.load(path)
    counts = check_sharing(network)
    assert sum(value.numel() for value in network.parameters()) == weights, "a shared parameter counts once"
    features = network.shape[2]
    numbers = [float(i % 7) if name in WORDS else 37 * i % 64 / 32 - 1 for i in range(features)]
    x = torch.tensor(numbers).view(1, 1, 1, features)
    anew = read_anew(network, path)
    assert check_sharing(anew) == counts
    with torch.no_grad():
        # Four sums of up to 16 products in another order: some 4 · √16 roundings of 6e-8.
        for found in (network.run(x).flatten(), anew.run(x).flatten()):
            assert torch.allclose(found, torch.tensor(outputs), rtol=0, atol=1e-6 * max(1, max(map(abs, outputs)))), name
    check_step(anew, x)
    print(f"{name:10} {weights:4} numbers; slots that share: {counts[0]} plain, {counts[1]} transposed, all at one address")
    return counts


def main():
    with tempfile.TemporaryDirectory() as folder:
        lines = subprocess.run([sys.argv[1], folder], check=True, capture_output=True, text=True).stdout.splitlines()
        found = {}
        for name, weights, *outputs in map(str.split, lines):
            found[name] = compare(pathlib.Path(folder), name, int(weights), [float(value) for value in outputs])
    assert found == {"standard": (0, 0), "tied": (0, 1), "shared": (1, 0), "embedding": (0, 1), "siamese": (0, 0),
                     "four": (2, 2)}, found


if __name__ == "__main__":
    main()
