#!/usr/bin/env python3
"""Trains on ten kinds of pictures with `siamese-train FOLDER -o MODEL` and nothing else, and prints what came out.

    python3 script/kinds.py WORK --omniglot FOLDER        # needs pillow, numpy and scikit-learn; Debian's apt-get
    python3 script/kinds.py WORK --only icons flags --options "--recipe best"

Every fourth class of each kind (of known_digits every fourth picture of each class) is kept from training, and judged
by siamese-eval: ROC AUC with its interval of 95 %,
and the error of 20-way one-shot trials, or of as many ways as there are classes. Pictures come from Debian's packages,
which apt-get downloads into WORK/debs, from scikit-learn, from siamese-glyphs, and from Omniglot's
images_background_small1, where --omniglot names it. What is there already is not made again. SIAMESE_BIN names the
folder of the programs, SIAMESE_BEFORE what to put before each training, such as nice. docs/training.md has the table.
"""
import argparse
import hashlib
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = pathlib.Path(os.environ.get("SIAMESE_BIN", ROOT / "build/bin"))
ICON_THEMES = ["gnome-icon-theme", "oxygen-icon-theme", "mate-icon-theme", "tango-icon-theme"]


class Kinds:
    """The folders of pictures under WORK: WORK/KIND/train and WORK/KIND/test, a folder a class."""

    def __init__(self, work, omniglot):
        self.work, self.omniglot = work, omniglot
        (work / "debs").mkdir(parents=True, exist_ok=True)

    def package(self, name):
        """The folder of an unpacked package of Debian."""
        folder = self.work / "unpacked" / name
        if not folder.exists():
            if not list((self.work / "debs").glob(f"{name}_*.deb")):
                subprocess.run(["apt-get", "download", "-q", name], cwd=self.work / "debs", check=True,
                               stdout=subprocess.DEVNULL)
            file = next((self.work / "debs").glob(f"{name}_*.deb"))
            folder.parent.mkdir(exist_ok=True)
            subprocess.run(["dpkg-deb", "-x", file, f"{folder}.part"], check=True)
            os.replace(f"{folder}.part", folder)
        return folder

    def glyphs(self):
        folder = self.work / "glyphs-drawn"
        if not folder.exists():
            subprocess.run([BIN / "siamese-glyphs", "-o", f"{folder}.part"], check=True,
                           stdout=subprocess.DEVNULL)
            os.replace(f"{folder}.part", folder)
        return folder

    def files(self, packages, *suffixes):
        """Pictures of packages in a fixed order, each content once."""
        seen = set()
        for name in packages:
            for file in sorted(self.package(name).rglob("*")):
                if file.suffix.lower() not in suffixes or file.is_symlink() or not file.is_file():
                    continue
                digest = hashlib.sha256(file.read_bytes()).digest()
                if digest not in seen:
                    seen.add(digest)
                    yield file

    # Each kind yields (class, picture or file).

    def characters(self):
        """Drawn by hand, Omniglot's small1: 136 characters by 20 people."""
        for file in sorted(pathlib.Path(self.omniglot).rglob("*.png")):
            yield f"{file.parent.parent.name}-{file.parent.name}", file

    def letters(self):
        """Printed letters of six scripts, each in many fonts."""
        for file in sorted(self.glyphs().rglob("*.png")):
            yield f"{file.parent.parent.name}-{file.parent.name}", file

    def fonts(self):
        """The same the other way round: fonts, each by some of its letters."""
        for file in sorted(self.glyphs().rglob("*.png")):
            if file.parent.parent.name in ("Latin", "Greek", "Cyrillic"):
                yield file.stem, file

    def digits(self):
        """Digits by hand, 8 × 8 pixels, of scikit-learn: eight to train on, two to judge."""
        from PIL import Image
        from sklearn.datasets import load_digits
        data = load_digits()
        for picture, digit in zip(data.images, data.target):
            yield str(digit), Image.fromarray((picture * 15.9).astype("uint8"))

    known_digits = digits

    def icons(self):
        """Icons of the same name in four themes, 22 to 48 pixels."""
        groups = {}
        for file in self.files(ICON_THEMES, ".png"):
            size = file.relative_to(self.work / "unpacked").parts
            if any(f"{side}x{side}" in size for side in (22, 24, 32, 48)):
                groups.setdefault(file.stem, []).append(file)
        for name, files in groups.items():
            if len({file.relative_to(self.work / "unpacked").parts[0] for file in files}) >= 3:
                yield from ((name, file) for file in files)

    def flags(self):
        """Flags of countries from two sets, each twice more as if waving: cropped and darkened."""
        for file in self.files(["famfamfam-flag-png", "iso-flags-png-320x240"], ".png"):
            if len(file.stem) == 2:
                yield from self.edited(file.stem, file, 3, 0.8)

    def textures(self):
        """Ground and walls of a game: pieces of one picture are one class."""
        for file in self.files(["colobot-common-textures"], ".png"):
            yield from self.pieces(file.stem, file, 8, 0.3)

    def photographs(self):
        """Wallpapers: overlapping pieces of one photograph are one class."""
        for file in self.files(["gnome-backgrounds", "mate-backgrounds"], ".webp", ".jpg"):
            yield from self.pieces(file.stem, file, 12, 0.6)

    def stamps(self):
        """Photographed and drawn things, each turned, cropped and dyed."""
        for file in self.files(["tuxpaint-stamps-default"], ".png"):
            yield from self.edited(f"{file.parent.name}-{file.stem}", file, 6, 0.75)

    def emoji(self):
        """Emoji of one font, each turned, cropped and dyed."""
        from PIL import Image, ImageDraw, ImageFont
        font = ImageFont.truetype(next(self.package("fonts-noto-color-emoji").rglob("*.ttf")), 109)
        for code in list(range(0x1F300, 0x1F3FB)) + list(range(0x1F400, 0x1F4FE)):
            picture = Image.new("RGB", (136, 128), "white")
            ImageDraw.Draw(picture).text((0, 0), chr(code), font=font, embedded_color=True)
            if picture.getextrema() != ((255, 255),) * 3:
                yield from self.edited(f"{code:x}", picture, 6, 0.75)

    @staticmethod
    def opened(source):
        from PIL import Image
        if not isinstance(source, pathlib.Path):
            return source
        picture = Image.open(source).convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(white, picture).convert("RGB")

    @staticmethod
    def piece(picture, share, draw):
        width, height = (max(8, int(side * draw.uniform(share, 1))) for side in picture.size)
        left = draw.randint(0, max(0, picture.width - width))
        top = draw.randint(0, max(0, picture.height - height))
        return picture.crop((left, top, left + width, top + height))

    def pieces(self, name, source, count, share):
        picture, draw = self.opened(source), random.Random(name)
        picture.thumbnail((512, 512))
        if min(picture.size) >= 64 and max(max(band) - min(band) for band in picture.getextrema()) > 32:
            yield from ((name, self.piece(picture, share, draw).resize((96, 96))) for _ in range(count))

    def edited(self, name, source, count, share):
        from PIL import ImageEnhance
        picture, draw = self.opened(source), random.Random(name)
        picture.thumbnail((160, 160))
        for _ in range(count):
            edit = picture.rotate(draw.uniform(-12, 12), expand=True, fillcolor="white")
            edit = self.piece(edit, share, draw)
            edit = ImageEnhance.Brightness(edit).enhance(draw.uniform(0.7, 1.3))
            yield name, ImageEnhance.Color(edit).enhance(draw.uniform(0.4, 1.6))

    def make(self, kind):
        """WORK/KIND with its classes of two pictures and more: every fourth class for judging, or picture."""
        folder, part = self.work / kind, self.work / f"{kind}.part"
        if folder.exists():
            return folder
        groups = {}
        for name, source in getattr(self, kind)():
            groups.setdefault(name, []).append(source)
        shutil.rmtree(part, ignore_errors=True)
        for number, name in enumerate(sorted(name for name in groups if len(groups[name]) > 1)):
            for i, source in enumerate(groups[name]):
                kept = (i if kind in KNOWN else number) % 4 == 3
                target = part / ("test" if kept else "train") / name
                target.mkdir(parents=True, exist_ok=True)
                if isinstance(source, pathlib.Path):
                    shutil.copy(source, target / f"{i}{source.suffix}")
                else:
                    source.save(target / f"{i}.png")
        os.replace(part, folder)
        return folder


NAMES = ["characters", "letters", "fonts", "digits", "icons", "flags", "textures", "photographs", "stamps", "emoji",
         "known_digits"]
KNOWN = {"known_digits"}  # judged by other pictures of the classes trained on


def percent(value):
    return f"{100 * (1 - value):.1f} %"


def interval(figure):
    """Nothing where there are too few classes to draw from."""
    return "" if figure["low"] is None else f"({figure['low']:.3f} to {figure['high']:.3f})"


def output_of(*command):
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def judge(kind, folder, options, work, tag):
    model = work / f"{kind}{tag}.siamese"
    begun = time.monotonic()
    before = os.environ.get("SIAMESE_BEFORE", "").split()
    trained = output_of(*before, BIN / "siamese-train", folder / "train", "-o", model, "--json", *options)
    seconds = time.monotonic() - begun
    classes = len(list((folder / "test").iterdir()))
    result = output_of(BIN / "siamese-eval", "-m", model, folder / "test", "--ways", str(min(20, classes)), "--trials",
                       "400", "--json")
    auc, shot = result["verification"]["roc_auc"], result["one_shot"]
    print(f"| {kind} | {trained['classes']} | {trained['images']} | "
          f"{auc['value']:.3f} {interval(auc)} | "
          f"{percent(shot['accuracy']['value'])}, {shot['ways']} ways | {seconds:.0f} s |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=pathlib.Path)
    parser.add_argument("--omniglot", help="the folder images_background_small1")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=NAMES)
    parser.add_argument("--options", default="", help="of siamese-train, in one argument")
    parser.add_argument("--tag", default="", help="put behind the names of the models")
    parser.add_argument("--make", action="store_true", help="make the folders and train nothing")
    given = parser.parse_args()
    kinds = Kinds(given.work.resolve(), given.omniglot)
    if not given.make:
        print("| kind | classes | pictures trained on | ROC AUC on other classes | one-shot error | time |\n"
              "|---|---|---|---|---|---|", flush=True)
    for kind in given.only:
        if kind == "characters" and given.omniglot is None:
            print("kinds: characters left out: name images_background_small1 with --omniglot", file=sys.stderr)
            continue
        folder = kinds.make(kind)
        if not given.make:
            judge(kind, folder, given.options.split(), kinds.work, given.tag)


if __name__ == "__main__":
    main()
