"""edits.py: what happens to pictures on their way from one place to another, as functions of a picture.

STANDARD is the list that the default model is judged by: each edit at fixed strengths. vary() draws a chain of edits
at random for training. Lengths are parts of the picture's sides, so they mean the same at any size.
"""
import io
import math
import typing

import numpy
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

RESAMPLERS = [Image.BOX, Image.BILINEAR, Image.HAMMING, Image.LANCZOS]


def scaled(picture, factor_x, factor_y=None):
    factor_y = factor_x if factor_y is None else factor_y
    size = (max(8, round(picture.width * factor_x)), max(8, round(picture.height * factor_y)))
    return picture.resize(size, Image.LANCZOS)


def jpeg(picture, quality):
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return Image.open(io.BytesIO(file.getvalue())).convert("RGB")


def blur(picture, part):
    """The deviation is a part of the longer side: 1/128 is 2 pixels of 256."""
    return picture.filter(ImageFilter.GaussianBlur(part * max(picture.size)))


def by_table(picture, function):
    table = [min(255, max(0, round(255 * function(value / 255)))) for value in range(256)]
    return picture.point(table * 3)


def gamma(picture, exponent):
    return by_table(picture, lambda value: value**exponent)


def brightness(picture, factor):
    return ImageEnhance.Brightness(picture).enhance(factor)


def contrast(picture, factor):
    return ImageEnhance.Contrast(picture).enhance(factor)


def saturation(picture, factor):
    return ImageEnhance.Color(picture).enhance(factor)


def grey(picture):
    return picture.convert("L").convert("RGB")


def hue(picture, degrees):
    planes = list(picture.convert("HSV").split())
    planes[0] = planes[0].point([(value + round(degrees * 256 / 360)) % 256 for value in range(256)])
    return Image.merge("HSV", planes).convert("RGB")


def noise(picture, deviation, random):
    values = numpy.asarray(picture, dtype=numpy.float32)
    generator = numpy.random.Generator(numpy.random.PCG64(random.getrandbits(64)))
    values = values + generator.standard_normal(values.shape, dtype=numpy.float32) * (255 * deviation)
    return Image.fromarray(values.clip(0, 255).astype(numpy.uint8))


def vignette(picture, strength):
    y, x = numpy.ogrid[-1 : 1 : picture.height * 1j, -1 : 1 : picture.width * 1j]
    factor = 1 - strength * ((x * x + y * y) / 2)
    values = numpy.asarray(picture, dtype=numpy.float32) * factor[:, :, None]
    return Image.fromarray(values.clip(0, 255).astype(numpy.uint8))


def crop(picture, left, top, right, bottom):
    """Cuts so much off each side."""
    width, height = picture.size
    return picture.crop(
        (round(left * width), round(top * height), round((1 - right) * width), round((1 - bottom) * height))
    )


def rotate(picture, degrees, fill=(0, 0, 0)):
    return picture.rotate(degrees, Image.BICUBIC, fillcolor=fill)


def rotate_within(picture, degrees):
    """Turned, and cropped to what shows no corner."""
    turned = picture.rotate(degrees, Image.BICUBIC)
    angle, width, height = math.radians(abs(degrees)), picture.width, picture.height
    factor = 1 / (math.cos(angle) + math.sin(angle) * max(width, height) / min(width, height))
    margin = (1 - factor) / 2
    return crop(turned, margin, margin, margin, margin)


def border(picture, part, colour=(255, 255, 255)):
    """Adds so much on every side."""
    width, height = picture.size
    canvas = Image.new("RGB", (round(width * (1 + 2 * part)), round(height * (1 + 2 * part))), colour)
    canvas.paste(picture, (round(width * part), round(height * part)))
    return canvas


def letters(text, width):
    """A mask of the text, so wide."""
    font = ImageFont.load_default()
    left, top, right, bottom = font.getbbox(text)
    mask = Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(mask).text((-left, -top), text, fill=255, font=font)
    return mask.resize((width, max(4, round(width * mask.height / mask.width))), Image.BICUBIC)


def lay_on(picture, mask, place, colour, opacity):
    made = picture.copy()
    made.paste(colour, place, mask.point([round(value * opacity) for value in range(256)]))
    return made


def text(picture, words, width, place, colour=(255, 255, 255), opacity=1.0):
    """Words across so much of the width, their top left corner at `place`."""
    mask = letters(words, max(8, round(width * picture.width)))
    return lay_on(picture, mask, (round(place[0] * picture.width), round(place[1] * picture.height)), colour, opacity)


def logo(picture, size, place, colour, opacity=1.0):
    """A ring with a bar, so much of the shorter side in size."""
    side = max(6, round(size * min(picture.size)))
    mask = Image.new("L", (4 * side, 4 * side))
    draw = ImageDraw.Draw(mask)
    draw.ellipse((0, 0, 4 * side - 1, 4 * side - 1), fill=255)
    draw.rectangle((side, 1.7 * side, 3 * side, 2.3 * side), fill=0)
    mask = mask.resize((side, side), Image.BOX)
    where = round(place[0] * (picture.width - side)), round(place[1] * (picture.height - side))
    return lay_on(picture, mask, where, colour, opacity)


def screenshot(picture, bar, margin, light=True, title="picture viewer"):
    """The picture in a window: a title bar, a tool bar, a margin around it."""
    width, height = picture.size
    bar_height, edge = max(4, round(bar * height)), round(margin * width)
    window, ink = ((236, 236, 238), (60, 60, 60)) if light else ((43, 45, 50), (220, 220, 220))
    canvas = Image.new("RGB", (width + 2 * edge, height + 2 * bar_height + 2 * edge), window)
    canvas.paste(picture, (edge, 2 * bar_height + edge))
    draw = ImageDraw.Draw(canvas)
    draw.rectangle((0, 0, canvas.width, bar_height), fill=tuple(value * 4 // 5 for value in window))
    for button in range(3):
        x = canvas.width - (button + 1) * bar_height
        draw.rectangle((x, bar_height // 4, x + bar_height // 2, bar_height * 3 // 4), fill=ink)
    for tool in range(6):
        x = edge + tool * bar_height * 3 // 2
        draw.rectangle((x, bar_height * 5 // 4, x + bar_height, bar_height * 7 // 4), outline=ink)
    mask = letters(title, canvas.width // 3)
    return lay_on(canvas, mask, (canvas.width // 3, max(0, (bar_height - mask.height) // 2)), ink, 1.0)


def watermark(picture):
    return text(picture, "SAMPLE  SAMPLE", 0.9, (0.05, 0.45), opacity=0.3)


# name, group, edit of (picture, random). The groups are those of the goals.
STANDARD = [
    ("resize 50 %", "hash", lambda p, r: scaled(p, 0.5)),
    ("resize 25 %", "hash", lambda p, r: scaled(p, 0.25)),
    ("jpeg 75", "hash", lambda p, r: jpeg(p, 75)),
    ("jpeg 30", "hash", lambda p, r: jpeg(p, 30)),
    ("jpeg 10", "hash", lambda p, r: jpeg(p, 10)),
    ("blur 1/256", "hash", lambda p, r: blur(p, 1 / 256)),
    ("blur 1/128", "hash", lambda p, r: blur(p, 1 / 128)),
    ("blur 1/64", "strong", lambda p, r: blur(p, 1 / 64)),
    ("gamma 0.5", "hash", lambda p, r: gamma(p, 0.5)),
    ("gamma 2", "hash", lambda p, r: gamma(p, 2)),
    ("noise 0.05", "hash", lambda p, r: noise(p, 0.05, r)),
    ("noise 0.2", "hash", lambda p, r: noise(p, 0.2, r)),
    ("vignette 0.8", "hash", lambda p, r: vignette(p, 0.8)),
    ("watermark", "hash", lambda p, r: watermark(p)),
    ("brightness 0.6", "light", lambda p, r: brightness(p, 0.6)),
    ("brightness 1.4", "light", lambda p, r: brightness(p, 1.4)),
    ("contrast 0.5", "light", lambda p, r: contrast(p, 0.5)),
    ("contrast 1.6", "light", lambda p, r: contrast(p, 1.6)),
    ("hue 30", "light", lambda p, r: hue(p, 30)),
    ("hue 90", "light", lambda p, r: hue(p, 90)),
    ("grey", "light", lambda p, r: grey(p)),
    ("aspect 3:4", "shape", lambda p, r: scaled(p, 0.75, 1)),
    ("aspect 4:3", "shape", lambda p, r: scaled(p, 1, 0.75)),
    ("crop 5 % a side", "crop", lambda p, r: crop(p, 0.05, 0.05, 0.05, 0.05)),
    ("crop 10 % a side", "crop", lambda p, r: crop(p, 0.1, 0.1, 0.1, 0.1)),
    ("crop 20 % a side", "crop", lambda p, r: crop(p, 0.2, 0.2, 0.2, 0.2)),
    ("crop to 70 %, corner", "crop", lambda p, r: crop(p, 0, 0, 0.3, 0.3)),
    ("rotate 4", "turn", lambda p, r: rotate(p, 4)),
    ("rotate 10", "turn", lambda p, r: rotate(p, 10)),
    ("rotate 15", "turn", lambda p, r: rotate(p, 15)),
    ("rotate 4, cropped", "turn", lambda p, r: rotate_within(p, 4)),
    ("flip left-right", "flip", lambda p, r: ImageOps.mirror(p)),
    ("flip upside down", "flip", lambda p, r: ImageOps.flip(p)),
    ("text on top", "top", lambda p, r: text(p, "BIG NEWS TODAY", 0.9, (0.05, 0.75), (255, 230, 0))),
    ("logo on top", "top", lambda p, r: logo(p, 0.25, (0.95, 0.05), (200, 20, 30))),
    ("border 10 %", "frame", lambda p, r: border(p, 0.1)),
    ("border 20 %", "frame", lambda p, r: border(p, 0.2, (0, 0, 0))),
    ("screenshot", "frame", lambda p, r: screenshot(p, 0.07, 0.04)),
]


def any_colour(random):
    if random.random() < 0.5:
        return random.choice([(0, 0, 0), (255, 255, 255), (128, 128, 128)])
    return tuple(random.randrange(256) for _ in range(3))


def vary_top(picture, random):
    place = random.random(), random.random()
    if random.random() < 0.6:
        words = "".join(random.choice("ABCDEFGHIJ KLMNOPQRSTUVW xyz 0123") for _ in range(random.randrange(4, 24)))
        width = random.uniform(0.3, 1)
        where = place[0] * (1 - width), place[1] * 0.85
        return text(picture, words.strip() or "A", width, where, any_colour(random), random.uniform(0.25, 1))
    return logo(picture, random.uniform(0.1, 0.35), place, any_colour(random), random.uniform(0.4, 1))


class Chain(typing.NamedTuple):
    """How often, and how far, each edit of a random chain goes."""

    crop: float  # Least part of a side that is left.
    turned: float  # Share of pictures that are.
    degrees: float
    filled: float  # Share of the turned ones whose corners are filled, not cut away.
    lights: list  # Edits of light and colour by number (see vary_light), each as often as it stands here.
    brightness: float
    contrast: float
    gamma: float  # Natural logarithm of the exponent.
    vignette: float
    top: float  # Share of pictures with something on top.
    border: float
    noisy: float  # Share of pictures with noise …
    noise: tuple  # … and its deviation.
    scale: float


# Views (siamese-train --views copies) take care of large cuts, frames, mirror images and wider turns: the network needs
# to see through what lies between two views, and through everything else. The second has more of what the network
# that was trained on the first misses most: light, vignettes, noise, things on top.
FIRST = Chain(0.8, 0.3, 16, 0.6, [0, 0, 1, 2, 3, 3, 4, 5, 6, 6], 1.6, 1.8, 0.8, 1, 0.35, 0.06, 0.25, (0.01, 0.22), 0.2)
SECOND = Chain(
    0.9, 0.3, 5, 0.65, [0, 0, 0, 1, 2, 3, 3, 4, 5, 5, 5, 6], 1.8, 1.9, 0.9, 1.05, 0.5, 0.05, 0.35, (0.02, 0.27), 0.18
)


def vary_light(picture, random, chain):
    edit = random.choice(chain.lights)
    if edit == 0:
        return brightness(picture, random.uniform(0.5, chain.brightness))
    if edit == 1:
        return contrast(picture, random.uniform(0.4, chain.contrast))
    if edit == 2:
        return gamma(picture, math.exp(random.uniform(-chain.gamma, chain.gamma)))
    if edit == 3:
        return hue(picture, random.uniform(-180, 180))
    if edit == 4:
        return saturation(picture, random.uniform(0, 2))
    if edit == 5:
        return vignette(picture, random.uniform(0.3, chain.vignette))
    return grey(picture)


def vary(picture, random, side, chain):
    """A square picture after a random chain of edits."""
    if random.random() < 0.5:
        width, height = random.uniform(chain.crop, 1), random.uniform(chain.crop, 1)
        left, top = random.uniform(0, 1 - width), random.uniform(0, 1 - height)
        picture = crop(picture, left, top, 1 - width - left, 1 - height - top)
    if random.random() < chain.turned:
        degrees = random.uniform(-chain.degrees, chain.degrees)
        if random.random() < chain.filled:
            picture = rotate(picture, degrees, any_colour(random))
        else:
            picture = rotate_within(picture, degrees)
    for _ in range(random.choice([0, 1, 1, 1, 2])):
        picture = vary_light(picture, random, chain)
    if random.random() < chain.top:
        picture = vary_top(picture, random)
    if random.random() < 0.15:
        picture = border(picture, random.uniform(0.01, chain.border), any_colour(random))
    if random.random() < 0.3:
        picture = blur(picture, random.uniform(1 / 400, 1 / 45))
    if random.random() < chain.noisy:
        picture = noise(picture, random.uniform(*chain.noise), random)
    if random.random() < 0.25:
        picture = scaled(picture, random.uniform(chain.scale, 0.7))
    if random.random() < 0.3:
        picture = jpeg(picture, random.randint(8, 85))
    return picture.resize((side, side), random.choice(RESAMPLERS))
