#!/usr/bin/python3
"""pictures.py UNPACKED PACKAGES.txt OUTPUT: takes the pictures out of unpacked Debian packages.

Each picture is drawn on white, brought to at most 256 pixels a side and written as
OUTPUT/ROLE/PACKAGE/SERIES/NUMBER.png, where a series is the folder that it came from; OUTPUT/pictures.csv says
which file each one was. Left out are icons, banners, pictures that are nearly blank, pictures that are there
already (several sizes, another package's copy), and all but one frame of an animation. Those of the roles "check" to "check-4" come
after what is trained on, and those of "test" last: they have nothing like what the others have, which do not depend on
them. The result depends on the packages alone.
"""
import csv
import itertools
import multiprocessing
import pathlib
import re
import sys
import warnings

import numpy
from PIL import Image, ImageChops, ImageOps

LONGEST_SIDE = 256
LEAST_SIDE = 64
MOST_PIXELS = 30_000_000
MOST_OF_A_FOLDER = 150
MOST_OF_A_PACKAGE = 1500
LEAST_DEVIATION = 10  # Of grey values, in 0 ... 255: below it a picture shows hardly anything.
LEAST_COVERED = 0.1  # Share of the picture that is unlike its most frequent shade.
# Pictures that correlate more are one and the same; across roles the limit is stricter.
SAME_CORRELATION = 0.95
SAME_CORRELATION_ACROSS = 0.9
# In one folder, pictures whose names differ in digits alone and that correlate more are frames of an animation.
FRAME_CORRELATION = 0.7
SIGNATURE_SIDE = 16
# Correlation ratios of a drawing and the same one in other colours, of which some may be one colour then.
SAME_DRAWING = 0.97
SAME_DRAWING_BACK = 0.8
# Another colour for each of so many levels of grey makes no other picture; looked at with so many points a side.
GREY_SIDE = 32
GREY_LEVELS = 16
MARGIN_NOISE = 16  # A margin's grey values differ by no more.
ROLES = ["develop", "tune", "train", "check", "check-2", "check-3", "check-4", "test"]
ENDINGS = {".png", ".jpg", ".jpeg", ".webp"}


def on_white(picture):
    """The picture without transparency, as siamese-compare sees it."""
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        background = Image.new("RGBA", picture.size, (255, 255, 255, 255))
        picture = Image.alpha_composite(background, picture)
    return picture.convert("RGB")


def shows_something(picture):
    grey = numpy.asarray(picture.convert("L").resize((64, 64), Image.BOX), dtype=numpy.int32)
    if grey.std() < LEAST_DEVIATION:
        return False
    background = numpy.bincount(grey.ravel() // 8, minlength=32).argmax() * 8 + 4
    return (numpy.abs(grey - background) > 12).mean() >= LEAST_COVERED


def signature(picture):
    """16 x 16 values of each channel, centred and of length 1: products of two are their correlation."""
    small = picture.resize((SIGNATURE_SIDE, SIGNATURE_SIDE), Image.BOX)
    values = numpy.asarray(small, dtype=numpy.float32).ravel()
    values -= values.mean()
    return values / max(numpy.linalg.norm(values), 1e-6)


def without_margin(picture):
    """What is left when rows and columns of a corner's colour are cut from the edges, of one corner after the other."""
    for corner in [(0, 0), (1, 1), (0, 1), (1, 0)]:
        width, height = picture.size
        plain = Image.new("RGB", picture.size, picture.getpixel((corner[0] * (width - 1), corner[1] * (height - 1))))
        unlike = ImageChops.difference(picture, plain).convert("L").point(lambda value: 255 * (value > MARGIN_NOISE))
        left, top, right, bottom = unlike.getbbox() or (0, 0, 0, 0)
        if min(right - left, bottom - top) >= SIGNATURE_SIDE:
            picture = picture.crop((left, top, right, bottom))
    return picture


def grey_values(pictures):
    """[picture, point]: GREY_SIDE x GREY_SIDE grey values of each."""
    small = [picture.convert("L").resize((GREY_SIDE, GREY_SIDE), Image.BOX) for picture in pictures]
    return numpy.stack([numpy.asarray(picture, dtype=numpy.float32).ravel() for picture in small])


def explained(levels, values):
    """[a, b]: the correlation ratio (Roche 1998), the share of the variance of values[b] that a map of the GREY_LEVELS
    levels of grey in levels[a] to any others can make."""
    values = values - values.mean(1, keepdims=True)
    variance = numpy.maximum((values**2).sum(1), 1e-3)
    shares = numpy.empty((len(levels), len(values)), numpy.float32)
    for first in range(0, len(levels), 64):
        part = levels[first : first + 64]
        at = numpy.eye(GREY_LEVELS, dtype=numpy.float32)[(part * GREY_LEVELS / 256).astype(int)]
        sums = at.transpose(0, 2, 1).reshape(-1, part.shape[1]) @ values.T
        counts = numpy.maximum(at.sum(1), 1)[:, :, None]
        shares[first : first + 64] = (sums.reshape(len(part), GREY_LEVELS, -1) ** 2 / counts).sum(1) / variance
    return shares


def one_picture(paths, others):
    """[a, b]: whether paths[a] and others[b] are one picture but for its colours, its margin, and being mirrored either
    way: then they are no different pair. Their grey values correlate, with a margin or without, or, without, a map of
    those of one makes the other's: the colours of one drawing were exchanged for others."""
    turns = [lambda p: p, ImageOps.mirror, ImageOps.flip, lambda p: ImageOps.mirror(ImageOps.flip(p))]

    def forms(files):
        opened = [Image.open(path).convert("RGB") for path in files]
        return [opened, [without_margin(picture) for picture in opened]]

    def marks(form, turn):
        return numpy.stack([signature(turn(picture.convert("L"))) for picture in form])

    upright, turned = forms(paths), forms(others)
    alike = numpy.array([str(path) for path in paths])[:, None] == numpy.array([str(path) for path in others])
    cut = grey_values(upright[1])
    for turn in turns:
        for a, b in itertools.product(upright, turned):
            alike |= marks(a, turns[0]) @ marks(b, turn).T > SAME_CORRELATION
        other = grey_values([turn(picture) for picture in turned[1]])
        ways = explained(cut, other), explained(other, cut).T
        alike |= (numpy.maximum(*ways) > SAME_DRAWING**2) & (numpy.minimum(*ways) > SAME_DRAWING_BACK**2)
    return alike


def read(path):
    """The reduced picture and its signature, or None where it is of no use."""
    try:
        with Image.open(path) as picture:
            width, height = picture.size
            if min(width, height) < LEAST_SIDE or max(width, height) > 3 * min(width, height):
                return None
            if width * height > MOST_PIXELS or getattr(picture, "n_frames", 1) > 1:
                return None
            picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            picture = on_white(picture)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.BOX, reducing_gap=None)
    return (picture, signature(picture)) if shows_something(picture) else None


def thinned(paths, most):
    """At most so many of them, evenly spread."""
    return [paths[i * len(paths) // most] for i in range(most)] if len(paths) > most else paths


def files_of(package):
    folders = {}
    for path in sorted(package.rglob("*")):
        icons = any("icon" in part.lower() for part in path.relative_to(package).parts)
        if path.suffix.lower() in ENDINGS and path.is_file() and not path.is_symlink() and not icons:
            folders.setdefault(path.parent, []).append(path)
    files = [path for folder in sorted(folders) for path in thinned(folders[folder], MOST_OF_A_FOLDER)]
    return thinned(files, 3 * MOST_OF_A_PACKAGE)


def series_of(package, path):
    """The folder's name without what all packages share."""
    parts = [part for part in path.parent.relative_to(package).parts if part not in ("usr", "share", "doc", "games")]
    return re.sub(r"[^A-Za-z0-9]+", "-", "-".join(parts)).strip("-")[-60:] or "pictures"


class Marks:
    """Signatures, with room for more."""

    def __init__(self):
        self.count = 0
        self.rows = numpy.zeros((4, 3 * SIGNATURE_SIDE**2), numpy.float32)

    def add(self, mark):
        if self.count == len(self.rows):
            self.rows = numpy.concatenate([self.rows, numpy.zeros_like(self.rows)])
        self.rows[self.count] = mark
        self.count += 1

    def nearest(self, mark):
        """The largest correlation with one of them."""
        return float((self.rows[: self.count] @ mark).max()) if self.count else -1.0


class Seen:
    """What was kept so far: by role, and by folder and name without digits."""

    def __init__(self):
        self.roles = {role: Marks() for role in ROLES}
        self.animations = {}

    def admit(self, role, path, mark):
        for other, marks in self.roles.items():
            limit = SAME_CORRELATION if other == role else SAME_CORRELATION_ACROSS
            if marks.nearest(mark) > limit:
                return False
        frames = self.animations.setdefault((path.parent, re.sub(r"[0-9]+", "#", path.stem)), Marks())
        if frames.nearest(mark) > FRAME_CORRELATION:
            return False
        frames.add(mark)
        self.roles[role].add(mark)
        return True


def collect(pool, package, role, seen, output, rows):
    numbers = {}
    kept = 0
    paths = files_of(package)
    for path, result in zip(paths, pool.imap(read, paths, chunksize=8)):
        if result is None or kept == MOST_OF_A_PACKAGE or not seen.admit(role, path, result[1]):
            continue
        kept += 1
        series = series_of(package, path)
        numbers[series] = numbers.get(series, 0) + 1
        target = output / role / package.name / series / f"{numbers[series]:04d}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        result[0].save(target, compress_level=1)
        rows.append([target.relative_to(output), package.name, path.relative_to(package)])
    print(f"{role:5} {package.name:32} {kept:5} of {len(paths)} pictures", flush=True)


def main():
    warnings.simplefilter("ignore", Image.DecompressionBombWarning)
    unpacked, packages, output = (pathlib.Path(argument) for argument in sys.argv[1:])
    lines = [line.split() for line in packages.read_text().splitlines() if line and not line.startswith("#")]
    seen, rows = Seen(), []
    with multiprocessing.Pool(2) as pool:
        for role in ROLES:
            for line in lines:
                if line[0] == role:
                    collect(pool, unpacked / line[1], role, seen, output, rows)
    with open(output / "pictures.csv", "w", newline="") as file:
        csv.writer(file).writerows([["picture", "package", "file"], *rows])


if __name__ == "__main__":
    main()
