#!/usr/bin/env python3
"""Holds script/load_in_pytorch.py against siamese-embed: built-in encoders, every kind of layer, shared parameters.

    pip install torch numpy safetensors pillow
    python3 tests/peers/compare_pytorch.py build/bin

Each encoder is trained for a few steps on random pictures, so that no parameter keeps its first value. Both sides then
embed the same pictures, of the network's size, so that no resampler is between them.
"""
import copy
import pathlib
import subprocess
import sys
import tempfile

import numpy
import safetensors.torch
import torch
from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "script"))
import load_in_pytorch  # noqa: E402

EVERY_LAYER = """
input 17 17 3
layer_norm epsilon=0.0001
conv 6 3 pad=1 bias=0 name=first
batch_norm epsilon=0.001
leaky_relu 0.2
max_pool 3 stride=2 pad=1
conv 8 3 stride=2
tanh
avg_pool 2 stride=1 pad=1
batch_norm
sigmoid
dropout 0.25
flatten
linear 12 name=encode
linear 12 name=again weight=encode2.weight
linear 12 name=encode2 bias=again.bias
linear 200 name=decode weight=encode.weight^T
relu
linear 7
l2_normalize
"""
AUTOENCODER = """
input 17 15 1
conv 6 3 stride=2 pad=1 name=first
relu
max_pool 2
conv 8 3 name=second
tanh
flatten
linear 12 name=encode
linear 32 weight=encode.weight^T
relu
reshape 2 2 8
conv_transpose 6 3 weight=second.weight
leaky_relu
upsample 2
upsample 1 output_pad=1
conv_transpose 2 2 stride=3 pad=1 output_pad=2
relu
conv_transpose 1 3 bias=0
flatten
linear 9
l2_normalize
"""
POOLED = "input 16 20 1\nconv 5 4\nrelu\nglobal_avg_pool\nlinear 3\n"


def make_pictures(folder, shape):
    random = numpy.random.default_rng(1)
    for number in range(6):
        (folder / f"class{number}").mkdir(parents=True)
        base = random.integers(0, 256, shape)
        for image in range(5):
            pixels = (0.7 * base + 0.3 * random.integers(0, 256, shape)).astype(numpy.uint8)
            Image.fromarray(pixels.squeeze()).save(folder / f"class{number}" / f"{image}.png")


def compare(programs, name, encoder, shape, steps):
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        pictures, model, matrix = scratch / "pictures", scratch / "model", scratch / "embeddings.npy"
        make_pictures(pictures, shape)
        if "\n" in encoder:
            (scratch / "encoder.txt").write_text(encoder)
            encoder = scratch / "encoder.txt"
        quiet = {"check": True, "stdout": subprocess.DEVNULL}
        subprocess.run([programs / "siamese-train", pictures, "-o", model, "-e", encoder, "--steps", str(steps),
                        "--batch", "8", "--holdout", "0.34", "-q"], **quiet)
        subprocess.run([programs / "siamese-embed", "-m", model, pictures, "-o", matrix, "-q"], **quiet)
        ours, paths = numpy.load(matrix), matrix.with_suffix(".txt").read_text().split("\n")[:-1]

        loaded, _ = load_in_pytorch.load(model)
        pixels = torch.stack([load_in_pytorch.read_picture(path, loaded) for path in paths])
        empty = copy.deepcopy(loaded)
        for tensor in empty.state_dict().values():
            tensor.zero_()
        empty.share()  # A copy's transposed slots still mean the parameters of the original.
        safetensors.torch.load_model(empty, model)
        with torch.no_grad():
            theirs, again = loaded(pixels).numpy(), empty(pixels).numpy()
        assert numpy.array_equal(theirs, again), "load_model() reads something else"
        assert ours.std(0).max() > 1e-3, "embeddings that do not differ prove nothing"
        # Five layers of sums of up to 10,000 products, rounded in another order: 5 · √10,000 · 6e-8 = 3e-5 at most.
        worst = float(numpy.abs(ours - theirs).max() / numpy.abs(theirs).max())
        print(f"{name:12} {len(paths)} pictures, {ours.shape[1]} numbers: "
              f"largest difference {worst:.1e} of the largest number")
        return worst < 3e-5


def main():
    programs = pathlib.Path(sys.argv[1])
    agree = [compare(programs, "conv4", "conv4", (28, 28, 1), 20),
             compare(programs, "lenet", "lenet", (28, 28, 1), 20),
             compare(programs, "every layer", EVERY_LAYER, (17, 17, 3), 20),
             compare(programs, "autoencoder", AUTOENCODER, (17, 15, 1), 20),
             compare(programs, "oblong", POOLED, (16, 20, 1), 20),
             compare(programs, "koch", "koch", (105, 105, 1), 2)]
    sys.exit(0 if all(agree) else 1)


if __name__ == "__main__":
    main()
