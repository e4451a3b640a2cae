#!/usr/bin/python3
"""variants.py PICTURES OUTPUT COUNT [--second | --standard]: each picture's own class of edited copies.

PICTURES has a picture in each PACKAGE/SERIES/NUMBER.png; OUTPUT gets PACKAGE/SERIES/NUMBER/ with the picture itself
and COUNT random chains of edits (edits.vary), all 64 x 64, for training. With --second: the other
chains of edits.SECOND. With --standard: COUNT pictures, evenly spread over all, each after every edit of
edits.STANDARD and at its size, for judging, and pairs.csv: each copy with its original, and with the originals of other
pictures of its series, MOST_DIFFERENT of them drawn at random. What is edited depends on the picture's name alone.
"""
import hashlib
import itertools
import multiprocessing
import pathlib
import random
import sys

from PIL import Image

import edits
import pictures

SIDE = 64
MOST_DIFFERENT = 43000  # Of each role: siamese-train takes 400,000 pairs of all six together.
WORKING_SIDE = 192


def source_of(name):
    return random.Random(int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big"))


def save(picture, path):
    picture.save(path, compress_level=1)


def write_variants(task):
    path, folder, count, second = task
    folder.mkdir(parents=True, exist_ok=True)
    picture = Image.open(path).convert("RGB")
    picture.thumbnail((WORKING_SIDE, WORKING_SIDE), Image.BOX, reducing_gap=None)
    save(picture.resize((SIDE, SIDE), Image.BOX), folder / "00.png")
    name = "/".join(path.parts[-3:])
    for number in range(1, count + 1):
        drawn = source_of(f"{name}/{number}/second" if second else f"{name}/{number}/strong")
        save(edits.vary(picture, drawn, SIDE, edits.SECOND if second else edits.FIRST), folder / f"{number:02d}.png")


def write_standard(task):
    path, folder, _, _ = task
    folder.mkdir(parents=True, exist_ok=True)
    picture = Image.open(path).convert("RGB")
    save(picture, folder / "00.png")
    name = "/".join(path.parts[-3:])
    for number, (_, _, edit) in enumerate(edits.STANDARD, 1):
        save(edit(picture, source_of(f"{name}/{number}")), folder / f"{number:02d}.png")


def spread(rows, most):
    return [rows[i * len(rows) // most] for i in range(most)] if len(rows) > most else rows


def write_pairs(originals, output, folders):
    """Pictures that are each other after an edit are neither same nor different."""
    same, different = [], []
    for _, members in itertools.groupby(range(len(folders)), lambda i: originals[i].parent):
        members = list(members)
        paths = [originals[i] for i in members]
        for a, alike in zip(members, pictures.one_picture(paths, paths)):
            copies = [f"{folders[a]}/{number:02d}.png" for number in range(1, len(edits.STANDARD) + 1)]
            others = [folders[b] for b, one in zip(members, alike) if not one]
            same += [f"{copy},{folders[a]}/00.png,same" for copy in copies]
            different += [f"{copy},{other}/00.png,different" for copy in copies for other in others]
    chosen = source_of("pairs").sample(range(len(different)), min(MOST_DIFFERENT, len(different)))
    lines = ["a,b,label", *same, *(different[i] for i in sorted(chosen))]
    (output / "pairs.csv").write_text("\n".join(lines) + "\n")


def main():
    standard, second = "--standard" in sys.argv, "--second" in sys.argv
    source, output, count = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    source, output, count = pathlib.Path(source), pathlib.Path(output), int(count)
    paths = sorted(source.rglob("*.png"))
    if standard:
        paths = spread(paths, count)
    tasks = [(path, output / path.relative_to(source).with_suffix(""), count, second) for path in paths]
    with multiprocessing.Pool(2) as pool:
        for _ in pool.imap(write_standard if standard else write_variants, tasks, chunksize=16):
            pass
    if standard:
        write_pairs(paths, output, [path.relative_to(source).with_suffix("").as_posix() for path in paths])
    print(f"{output}: {len(paths)} pictures")


if __name__ == "__main__":
    main()
