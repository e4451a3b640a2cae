#!/usr/bin/env python3
"""Makes the seeds of the fuzz targets in tests/fuzz/seeds: one small sound input, or a few, of each kind.

    tests/fuzz/make_seeds.py

Not made here: `picture` and `png` begin with tests/data/fixtures, and seeds/model/tiny is what siamese-train wrote for
the encoder that stands in it.
"""
import gzip
import json
import os
import struct

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "seeds")


def write(target, name, content):
    folder = os.path.join(HERE, target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())


def safetensors(tensors, metadata):
    header, data = {"__metadata__": metadata}, b""
    for name, (shape, values) in tensors.items():
        begin = len(data)
        data += struct.pack(f"<{len(values)}f", *values)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, len(data)]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def exif(order, value):
    """A directory with a width and the orientation; 0x2a and offsets in the byte order of `order`."""
    mark = b"II" if order == "<" else b"MM"
    entries = struct.pack(order + "HHIHH", 0x0100, 3, 1, 28, 0) + struct.pack(order + "HHIHH", 0x0112, 3, 1, value, 0)
    return mark + struct.pack(order + "HIH", 42, 8, 2) + entries + struct.pack(order + "I", 0)


write("exif", "little", b"Exif\0\0" + exif("<", 6))
write("exif", "big", exif(">", 3))
write("pair_list", "plain.csv", "a,b,label\na.png,b.png,1\na.png,c.png,different\n")
write("pair_list", "quoted.csv", '\ufefflabel,a,b,remark\r\nsame,"a.png",b.png,"of ""one"",\r\nor two"\r\n\r\n0,b.png,c.png,\r\n')
write("lfw_pairs", "sets.txt", "1\t1\nAnn\t1\t2\nAnn\t1\tBob\t3\n")
write("lfw_pairs", "plain.txt", "2\nAnn 1 2\nBob 1 3\nAnn 2 Bob 2\nBob 3 Ann 3\n")
write("one_shot_runs", "labels.txt", "run01/test/item01.png run01/training/class02.png\n"
      "run01/test/item02.png run01/training/class01.png\n")
write("description", "lenet", "input 28 28 1 # grey\nconv 6 5\nrelu\nmax_pool 2\nflatten\nlinear 16\ndropout 0.5\nl2_normalize\n")
write("description", "shared", "input 2 3 1\nflatten\nlinear 6 name=a\nlinear 6 name=b weight=a.weight\nbatch_norm\n"
      "linear 6 name=c weight=a.weight^T bias=b.bias\n")
write("description", "decoder", "input 8 8 3\nconv 4 3 pad=1 stride=2 bias=0 name=down\nsigmoid\nupsample 2\n"
      "conv_transpose 3 3 pad=1\nflatten\nreshape 8 8 3\n")
write("description", "tokens", "input 4 1 1\nembedding 9 5 name=words\nlinear 9 weight=words.weight^T bias=0\ntanh\navg_pool 2\n")
write("options", "contrastive", "contrastive margin=0.5 same_margin=0.125")
write("options", "triplet", "triplet hardest margin=0.2")
write("options", "squared", "mean_squared_error # remark")
write("options", "characters", "+characters,rotation=20")
write("options", "fields", "+shift=0.1,elastic=0.02,elastic_grid=5,erase=0.5,noise=0.125,quarter_turn=0.25")
write("options", "minus_zero", "+shift=-.00")
write("facts", "platt", '{"kind":"platt","slope":7.25,"offset":-4.5,"same_pairs":100,"different_pairs":90}')
write("facts", "isotonic", '{"kind":"isotonic","knots":[[0.25,0.875],[1.5,0.125]],"same_pairs":3,"different_pairs":4}')
TINY = {"linear.weight": ([2, 4], [0.5, -1, 2, 0.25, 1, 1, -0.125, 3]), "linear.bias": ([2], [0, 1])}
write("safetensors", "two", safetensors(TINY, {"format": "pt", "other.bias": "linear.bias"}))
write("safetensors", "scalar", safetensors({"x": ([], [1.5]), "empty": ([0, 3], [])}, {}))
CHECKPOINT = {"format": "siamese-checkpoint", "step": "7", "seconds": "1.500", "settings": "seed 1\nrate 0.1\n"}
write("checkpoint", "sound", safetensors(
    {"weights": ([10], [0.5] * 10), "optimizer": ([12], [0.25] * 12)}, CHECKPOINT))
write("checkpoint", "best", safetensors(
    {"weights": ([10], [0.5] * 10), "optimizer": ([12], [0.25] * 12), "best": ([10], [0.75] * 10)},
    {**CHECKPOINT, "best_step": "5", "best_score": "0.875", "looks_without_better": "2"}))
write("cache", "entry", b"\1" + bytes(32) + b"device\ndriver\nsource" + b"content")
write("cache", "raw", b"\0SIAMKEPT" + struct.pack("<3Q", 20, 7, 0) + b"device\ndriver\nsource" + b"content")
write("tuning", "two", "gemm.tile 64x64x64\t6x16\nconv.forward\twinograd4\n")
POINT = {"name": "far 1e-2", "rate": 0.01, "threshold": 0.5, "far": 0.01, "far_low": 0.005, "far_high": 0.0175,
         "tar": 0.75, "same_pairs": 570, "different_pairs": 1200}
write("facts", "points", "+" + json.dumps([POINT]))
PICTURES = struct.pack(">I3I", 0x0803, 2, 2, 3) + bytes(range(12))
write("idx", "pictures", PICTURES)
write("idx", "labels", struct.pack(">II", 0x0801, 4) + bytes([1, 2, 3, 4]))
write("idx", "pictures.gz", gzip.compress(PICTURES, mtime=0))


def picture_cache(right, records, pictures, count=None):
    """Records: path, size, time, checksum, facts, state; a first byte that says what the target makes right."""
    header = bytes(72) + struct.pack("<2Q", len(records) if count is None else count, 0)
    return bytes([right]) + header + b"".join(struct.pack("<QQqQII", *record) for record in records) + pictures


WHOLE = [(i, 0, 0, 0, i, 2) for i in range(3)]
write("picture_cache", "whole", picture_cache(15, WHOLE, bytes(range(18))))
write("picture_cache", "states", picture_cache(15, [(2, 0, 0, 0, 0, 1), (0, 0, 0, 0, 9, 2), (0, 0, 0, 0, 0, 3)], bytes(18)))
write("picture_cache", "raw", picture_cache(0, WHOLE, bytes(18), 1 << 40))


def npy(descr="'<f4'", fortran="False", shape="(2, 3)", note="", values=(0.5, -1, 2, 0.25, 0, 3), version=1):
    """A first byte for a matrix of 2 by 3, then the file."""
    text = f"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}{note}"
    text = text.ljust(117 if version == 1 else 115) + "\n"
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    data = struct.pack(f"<{len(values)}f", *values)
    return bytes([1 + 2 * 8]) + b"\x93NUMPY" + bytes([version, 0]) + length + text.encode() + data


write("npy", "sound", npy())
write("npy", "note", npy(note=" # model 0123456789abcdef"))
write("npy", "big_endian", npy(descr="'>f4'"))
write("npy", "columns", npy(fortran="True"))
write("npy", "flat", npy(shape="(6,)"))
write("npy", "fields", npy(descr="[('x', '<f4')]"))
write("npy", "not_finite", npy(values=(0, 0, float("nan"), 0, 0, 0)))
write("npy", "version_2", npy(version=2))
write("npy", "short", npy(values=(1, 2)))
