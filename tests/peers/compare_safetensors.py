#!/usr/bin/env python3
"""Holds our safetensors reader and writer against the reference (PyPI: safetensors, numpy).

    python3 tests/peers/compare_safetensors.py build/tests/peer_safetensors [CASES] [SEED]

1. Files with random tensors and metadata, written by the reference, come out of our writer byte for byte.
2. Random headers, sound ones and ones broken in one or two places, are taken or refused alike. Ours may be
   stricter for the reasons that src/model/safetensors.h lists; it may never take what the reference refuses,
   except that it reads -0 as 0.
"""
import collections
import json
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

import numpy
import safetensors
import safetensors.numpy

WIDTH = {"F32": 4, "I64": 8, "BOOL": 1, "F16": 2, "U8": 1, "C64": 8}
STRICTER = ("DuplicateKey", "InvalidHeaderStart", "RankTooLarge", "HeaderTooLarge")


def compare_writers(program, chance, rounds=50):
    names = ["conv1.weight", "a", "B", "ü", "x y", 'quo"te', "back\\slash", "tab\t", "b.1", "b.10", "b.2"]
    with tempfile.TemporaryDirectory() as folder:
        theirs, ours = pathlib.Path(folder, "theirs"), pathlib.Path(folder, "ours")
        for _ in range(rounds):
            tensors = {}
            for name in chance.sample(names, chance.randrange(len(names) + 1)):
                shape = [chance.randrange(4) for _ in range(chance.randrange(5))]
                tensors[name] = numpy.asarray(numpy.random.default_rng(chance.randrange(1 << 30)).normal(size=shape),
                                              dtype=numpy.float32)
            # One key only: the reference writes several in the order of a hash table.
            metadata = chance.choice([None, {"encoder": 'conv 3\n"é" \\ /'}])
            safetensors.numpy.save_file(tensors, theirs, metadata)
            subprocess.run([program, "rewrite", theirs, ours], check=True)
            assert ours.read_bytes() == theirs.read_bytes(), (tensors.keys(), metadata)
            loaded = safetensors.numpy.load_file(ours)
            assert all(numpy.array_equal(loaded[name], tensors[name]) for name in tensors)
    print(f"{rounds} files of the reference rewritten byte for byte")


def sound_header(chance):
    header, place = {}, 0
    if chance.random() < 0.4:
        header["__metadata__"] = {f"k{i}": chance.choice(["", "v", "ü"]) for i in range(chance.randrange(3))}
    for i in range(chance.randrange(4)):
        dtype = chance.choice(list(WIDTH))
        shape = [chance.choice([0, 1, 2, 3]) for _ in range(chance.randrange(4))]
        size = WIDTH[dtype]
        for length in shape:
            size *= length
        header[f"t{i}"] = {"dtype": dtype, "shape": shape, "data_offsets": [place, place + size]}
        place += size
    if chance.random() < 0.2:
        header = dict(chance.sample(list(header.items()), len(header)))
    return header, place


def break_value(chance, value):
    """Something else in the place of one value of the tree."""
    if isinstance(value, (dict, list)) and value and chance.random() < 0.85:
        broken = value.copy()
        key = chance.choice(list(value)) if isinstance(value, dict) else chance.randrange(len(value))
        action = chance.random()
        if action < 0.1:
            del broken[key]
        elif action < 0.15 and isinstance(value, dict):
            broken[chance.choice(["extra", "dtype", "__metadata__"])] = break_value(chance, value[key])
        elif action < 0.15:
            broken.append(break_value(chance, value[key]))
        else:
            broken[key] = break_value(chance, value[key])
        return broken
    if isinstance(value, int) and chance.random() < 0.7:
        return value + chance.choice([-8, -4, -1, 1, 4, 8, 2**31, 2**32, 2**62, 2**63, 2**64])
    return chance.choice([None, True, -1, 0, 1, 4, 1.5, "", "F32", "F4", "F8_E4M3", "f32", [], [1], {}, {"a": "b"}, 2**63])


def break_text(chance, text):
    place = chance.randrange(len(text) + 1)
    action = chance.randrange(4)
    if action == 0:
        return text[:place] + bytes([chance.choice(b'{}[]",:0 \t\n\\u\x00\xff\xc3-e.')]) + text[place:]
    if action == 1:
        return text[:place] + text[place + 1:]
    if action == 2:
        end = chance.randrange(place, len(text) + 1)
        return text[:place] + text[place:end] * 2 + text[end:]
    return text + chance.choice([b" ", b"\n\r\t", b"\0", b"}", b"{}"])


def make_case(chance):
    header, size = sound_header(chance)
    broken = chance.random()
    if broken < 0.5:
        header = break_value(chance, header)
        if broken < 0.1:
            header = break_value(chance, header)
    text = json.dumps(header, ensure_ascii=chance.random() < 0.5, separators=(",", ":")).encode()
    if broken > 0.7:
        text = break_text(chance, text)
    data = bytes(size if chance.random() < 0.9 else max(0, size + chance.choice([-1, 1, 4, 8])))
    length = len(text) if chance.random() < 0.95 else max(0, len(text) + chance.choice([-1, 1, 8, 2**32, 2**63]))
    case = struct.pack("<Q", length) + text + data
    return case if chance.random() < 0.97 else case[:chance.randrange(len(case))]


def judge(case):
    try:
        safetensors.deserialize(case)
        return "ok"
    except Exception as problem:  # The reference raises several kinds, and panics count as a refusal too.
        return str(problem)


def is_known_strictness(case, ours):
    """The reasons for which ours refuses what the reference takes."""
    if any(f"({name})" in ours for name in STRICTER) or "the number before header byte" in ours:
        return True
    header = case[8:8 + struct.unpack("<Q", case[:8])[0]]
    # The reference also takes a tensor as a list of its three fields, and names with a NUL.
    return b"\\u0000" in header or b':[\"' in header


def compare_readers(program, chance, count):
    cases = [make_case(chance) for _ in range(count)]
    framed = b"".join(struct.pack("<I", len(case)) + case for case in cases)
    answers = subprocess.run([program, "check"], input=framed, stdout=subprocess.PIPE, check=True).stdout
    tally, wrong = collections.Counter(), 0
    for case, ours in zip(cases, answers.decode(errors="replace").split("\n"), strict=False):
        theirs = judge(case)
        if "floating point `-0.0`, expected usize" in theirs:
            tally["minus zero"] += 1
        elif (ours == "ok") == (theirs == "ok"):
            tally["both take it" if ours == "ok" else "both refuse it"] += 1
        elif theirs == "ok" and is_known_strictness(case, ours):
            tally["ours is stricter"] += 1
        else:
            wrong += 1
            print(f"DISAGREE\n  case   {case!r}\n  ours   {ours}\n  theirs {theirs}")
    print(f"{count} headers:", ", ".join(f"{name} {number}" for name, number in sorted(tally.items())))
    return wrong


def main():
    program = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 100000
    chance = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    compare_writers(program, chance)
    sys.exit(1 if compare_readers(program, chance, count) else 0)


if __name__ == "__main__":
    main()
