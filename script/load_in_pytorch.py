#!/usr/bin/env python3
"""Use a model file in PyTorch.

    pip install torch numpy safetensors pillow
    python3 script/load_in_pytorch.py MODEL PICTURE...      prints the embedding of each picture, a line each

    encoder, metadata = load_in_pytorch.load("shapes.siamese")
    embeddings = encoder(pixels)                            # pixels: uint8 [N, height, width, channels]
    outputs = encoder.run(x)                                # x: floats, for networks of other things than pictures

The module is built from the encoder's description in the metadata. Its parameters have the names and the layouts of
the file, so safetensors.torch.load_model(encoder, path) reads any other file of the same encoder into it, shared
parameters too, and it can be trained on. For PyTorch's own layouts:

    conv, conv_transpose weight  file [kernel, kernel, in, out], [kernel, kernel, out, in]  ->  .permute(3, 2, 0, 1)
    linear weight                file [in, out]                                             ->  .t()

Pictures that have not the network's size are brought to it by Pillow, whose pixels are not quite those of
siamese-embed; give 8-bit pictures of that size where it matters.
"""
import json
import sys

import numpy
import safetensors
import torch
import torch.nn.functional as F


def repeat(layer, x):
    """Each pixel factor × factor times; what output_pad adds repeats the last row and column."""
    factor, pad = layer.whole("factor", 1), layer.whole("output_pad", 0)
    rows, columns = (torch.arange(side * factor + pad).div(factor, rounding_mode="floor").clamp(max=side - 1)
                     for side in x.shape[2:])
    return x[:, :, rows][:, :, :, columns]


# Each kind of layer: the names of its bare numbers, and its function of (layer, x) with x [N, C, H, W].
KINDS = {
    "conv": ("filters kernel", lambda l, x: F.conv2d(x, l.slot("weight").permute(3, 2, 0, 1), l.slot("bias"),
                                                     l.whole("stride", 1), l.whole("pad", 0))),
    "conv_transpose": ("filters kernel",
                       lambda l, x: F.conv_transpose2d(x, l.slot("weight").permute(3, 2, 0, 1), l.slot("bias"),
                                                       l.whole("stride", 1), l.whole("pad", 0),
                                                       l.whole("output_pad", 0))),
    "linear": ("features", lambda l, x: F.linear(x.flatten(1), l.slot("weight").t(), l.slot("bias"))[:, :, None, None]),
    # Token numbers; their rows side by side.
    "embedding": ("vocabulary features",
                  lambda l, x: F.embedding(x.flatten(1).long(), l.slot("weight")).flatten(1)[:, :, None, None]),
    "batch_norm": ("", lambda l, x: F.batch_norm(x, l.running_mean, l.running_var, l.slot("weight"), l.slot("bias"),
                                                 l.training, l.number("momentum", 0.1), l.number("epsilon", 1e-5))),
    "layer_norm": ("", lambda l, x: F.layer_norm(x, x.shape[1:], eps=l.number("epsilon", 1e-5))),
    "relu": ("", lambda l, x: F.relu(x)),
    "leaky_relu": ("slope", lambda l, x: F.leaky_relu(x, l.number("slope", 0.01))),
    "sigmoid": ("", lambda l, x: torch.sigmoid(x)),
    "tanh": ("", lambda l, x: torch.tanh(x)),
    "max_pool": ("kernel", lambda l, x: F.max_pool2d(x, *l.window())),
    "avg_pool": ("kernel", lambda l, x: F.avg_pool2d(x, *l.window(), count_include_pad=False)),
    "global_avg_pool": ("", lambda l, x: x.mean((2, 3), keepdim=True)),
    "upsample": ("factor", repeat),
    "dropout": ("rate", lambda l, x: F.dropout(x, l.number("rate", 0.5), l.training)),
    # The file's order is height, width, channel.
    "flatten": ("", lambda l, x: x.permute(0, 2, 3, 1).flatten(1)[:, :, None, None]),
    "reshape": ("height width channels",
                lambda l, x: x.permute(0, 2, 3, 1).reshape(len(x), l.whole("height", 0), l.whole("width", 0),
                                                           l.whole("channels", 0)).permute(0, 3, 1, 2)),
    "l2_normalize": ("", lambda l, x: F.normalize(x, dim=1, eps=1e-12)),
}


class Layer(torch.nn.Module):
    def __init__(self, words, number):
        super().__init__()
        bare = KINDS[words[0]][0].split()
        numbers = [word for word in words[1:] if "=" not in word]
        options = dict(word.split("=", 1) for word in words[1:] if "=" in word)
        self.kind, self.name = words[0], options.pop("name", f"{words[0]}{number}")
        self.options = dict(zip(bare, numbers)) | options
        self.elsewhere = {}  # Slots that read another layer's parameter transposed: not parameters of this layer.

    def number(self, key, standard):
        return float(self.options.get(key, standard))

    def whole(self, key, standard):
        return int(self.number(key, standard))

    def window(self):
        kernel = self.whole("kernel", 0)
        return kernel, self.whole("stride", 0) or kernel, self.whole("pad", 0)

    def slot(self, role):
        return self.elsewhere[role]() if role in self.elsewhere else getattr(self, role, None)

    def forward(self, x):
        return KINDS[self.kind][1](self, x)


class Encoder(torch.nn.Module):
    def __init__(self, description, preprocessing, tensors):
        super().__init__()
        lines = [words for words in (line.split("#")[0].split() for line in description.splitlines()) if words]
        self.shape = tuple(int(word) for word in lines[0][1:])  # Height, width, channels.
        self.resize = preprocessing["resize"]
        for key in ("mean", "deviation"):
            self.register_buffer(key, torch.tensor(preprocessing[key]).view(1, -1, 1, 1), persistent=False)
        counts = {}
        for words in lines[1:]:
            counts[words[0]] = counts.get(words[0], 0) + 1
            layer = Layer(words, counts[words[0]])
            self.add_module(layer.name, layer)
        for name, tensor in tensors.items():
            layer, role = name.rsplit(".", 1)
            if role.startswith("running_"):
                self.get_submodule(layer).register_buffer(role, tensor)
            else:
                setattr(self.get_submodule(layer), role, torch.nn.Parameter(tensor))
        self.share()

    def share(self):
        """Lets slots that the description ties, as in weight=encode.weight^T, refer to the one parameter."""
        for layer in self.children():
            for role, owner in layer.options.items():
                name, _, owners_role = owner.removesuffix("^T").rpartition(".")
                if name not in self._modules:
                    continue  # A number.
                if owner.endswith("^T"):
                    layer.elsewhere[role] = lambda owner=self._modules[name], role=owners_role: owner.slot(role).t()
                else:
                    setattr(layer, role, self._modules[name].slot(owners_role))

    def forward(self, pixels):
        return self.run(((pixels.permute(0, 3, 1, 2) / 255 - self.mean) / self.deviation).permute(0, 2, 3, 1))

    def run(self, x):
        """What the network makes of its inputs as they are, floats [N, height, width, channels]."""
        x = x.permute(0, 3, 1, 2)
        for layer in self.children():
            x = layer(x)
        return x.permute(0, 2, 3, 1).flatten(1)


def load(path):
    """The encoder of a model file, ready to embed, and the file's metadata (texts by key)."""
    with safetensors.safe_open(path, framework="pt") as file:
        metadata = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys()}
    encoder = Encoder(metadata["encoder"], json.loads(metadata["preprocessing"]), tensors)
    return encoder.eval(), metadata


def read_picture(path, encoder):
    """A picture as the encoder's pixels: upright, over white, grey or colour, of its size."""
    from PIL import Image, ImageOps

    height, width, channels = encoder.shape
    picture = ImageOps.exif_transpose(Image.open(path)).convert("RGBA")
    picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    picture = picture.convert("L" if channels == 1 else "RGB")
    if picture.size != (width, height):
        resize = {"letterbox": lambda *to: ImageOps.pad(*to, color="white"), "crop": ImageOps.fit,
                  "stretch": Image.Image.resize}
        picture = resize[encoder.resize](picture, (width, height), Image.Resampling.BILINEAR)
    return torch.from_numpy(numpy.array(picture, dtype=numpy.uint8).reshape(height, width, channels))


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    encoder, _ = load(sys.argv[1])
    pixels = torch.stack([read_picture(path, encoder) for path in sys.argv[2:]])
    with torch.no_grad():
        for path, embedding in zip(sys.argv[2:], encoder(pixels)):
            print(path, *(f"{value:.6g}" for value in embedding.tolist()))


if __name__ == "__main__":
    main()
