"""A made-up skin for the sample's heads: tone, blotches, freckles, lips, brows, cropped hair and eyes.

It is painted on a cylinder around the average head, so every person's texture has its brows and lips where that
person's vertices are. No photograph of anybody was used.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from fsbench.build.colour import linear_from_srgb, srgb_from_linear
from fsbench.build.render import Image as Image8
from fsbench.build.render import Texture
from fsbench.core.mesh import Floats, Ints
from fsbench.sample.head_model import HeadModel

_WIDTH, _HEIGHT = 1024, 768
_LOW_MM, _HIGH_MM = -125.0, 150.0
_TONES = np.array([[236, 198, 176], [222, 172, 142], [196, 144, 112], [158, 108, 80], [112, 74, 54], [78, 52, 40]])
_HAIR = np.array([[24, 20, 18], [48, 34, 26], [78, 54, 36], [110, 84, 56], [96, 94, 92]])
_IRIS = np.array([[72, 46, 28], [96, 70, 40], [84, 108, 120], [92, 110, 78]])
_EYE_PX, _EYE_MM = 96, 40.0
_IRIS_MM, _PUPIL_MM = 6.0, 2.2
_BROWS = (range(17, 22), range(22, 27))
_EYES = (range(36, 42), range(42, 48))
_LIPS, _MOUTH = range(48, 60), range(60, 68)
# Azimuth in degrees and height in mm of where the hair begins, from the forehead to the nape.
_HAIR_LINE = (
    (0, 97),
    (25, 96),
    (45, 88),
    (58, 74),
    (70, 62),
    (78, 46),
    (88, 58),
    (104, 52),
    (112, 10),
    (125, -45),
    (180, -58),
)


@dataclass(frozen=True)
class SkinPainter:
    """Paints textures for one arrangement of the head model's vertices.

    Attributes
    ----------
    model : HeadModel
    average : ndarray, (n, 3)
        Vertices of the rendered mesh on the average head.
    is_eye : ndarray, (n,)
        How much each vertex is one of an eyeball.
    faces : ndarray, (F, 3)
    """

    model: HeadModel
    average: Floats
    is_eye: Floats
    faces: Ints

    def paint(self, rng: np.random.Generator) -> Texture:
        """A person's skin, hair and eyes."""
        uv, corners, of = self._places
        return Texture(uv, corners, of, (self._skin(rng), _eye(rng)))

    @cached_property
    def _places(self) -> tuple[Floats, Ints, Ints]:
        """Texture coordinates, their rows by corner, and the texture (0 skin, 1 eyes) of each triangle."""
        x, y, z = self.average.T
        around = np.column_stack([np.arctan2(x, z) / (2 * np.pi) + 0.5, (y - _LOW_MM) / (_HIGH_MM - _LOW_MM)])
        middles = [self.model.mean[eye].mean(0) for eye in (self.model.right_eye, self.model.left_eye)]
        middle = np.where((x < 0)[:, None], middles[0], middles[1])
        flat = (self.average - middle)[:, :2] / _EYE_MM + 0.5
        of = (self.is_eye[self.faces].min(1) > 0.99).astype(np.int64)
        n = len(self.average)
        # Behind the head the cylinder closes: a triangle there goes on beyond its right border.
        crosses = np.ptp(around[self.faces, 0], axis=1) > 0.5
        beyond = crosses[:, None] & (around[self.faces, 0] < 0.5)
        corners = self.faces + np.where(beyond, n, 0) + np.where(of[:, None] == 1, 2 * n - n * beyond, 0)
        return np.concatenate([around, around + [1.0, 0.0], flat]), corners, of

    @cached_property
    def _masks(self) -> dict[str, Floats]:
        """Shares in [0, 1], (H, W), of all that has its place on every face."""
        marks = self.model.mean[self.model.landmarks]
        brows = [[marks[k] for k in brow] for brow in _BROWS]
        thick = [_band(brow, outer_first=k == 0) for k, brow in enumerate(brows)]
        return {
            "lips": _filled([marks[list(_LIPS)]], 2.0),
            "mouth": _filled([marks[list(_MOUTH)]], 1.0),
            "brows": _filled(thick, 1.5),
            "lashes": _drawn([marks[[*eye, eye[0]]] for eye in _EYES], 3, 1.0),
            "shade": _drawn([marks[[*eye, eye[0]]] for eye in _EYES], 20, 7.0),
            "blush": _spots([(-42.0, -8.0, 16.0), (42.0, -8.0, 16.0), (0.0, -6.0, 9.0), (0.0, -80.0, 14.0)]),
            "hair": _hair(),
        }

    def _skin(self, rng: np.random.Generator) -> Image8:
        share, masks = rng.uniform(0, len(_TONES) - 1.001), self._masks
        k = int(share)
        tone = linear_from_srgb(np.round(_TONES[k] + (share - k) * (_TONES[k + 1] - _TONES[k])).astype(np.uint8))
        dark = linear_from_srgb(_HAIR[rng.integers(len(_HAIR) - (2 if share > 3 else 0))].astype(np.uint8))
        skin = tone * (1 + 0.03 * _noise(rng, 24)[..., None] + 0.04 * _noise(rng, 200)[..., None])
        red = np.array([1.12, 0.78, 0.78])
        skin *= 1 + masks["blush"][..., None] * (red - 1) * rng.uniform(0.2, 0.7)
        freckles = np.clip(_noise(rng, 300) - rng.uniform(1.3, 2.6), 0, 1) * (masks["blush"] * 0.8 + 0.25)
        skin *= 1 - np.clip(freckles, 0, 0.8)[..., None] * [0.35, 0.5, 0.6]
        skin *= 1 - masks["shade"][..., None] * [0.16, 0.2, 0.2]
        skin *= 1 + masks["lips"][..., None] * (np.array([0.86, 0.52, 0.56]) - 1) * rng.uniform(0.7, 1.1)
        skin *= 1 - 0.75 * masks["mouth"][..., None]
        strands = 0.92 + 0.10 * _noise(rng, 420)
        for name, most in (("brows", 0.85), ("hair", 0.94), ("lashes", 0.75)):
            cover = np.clip(masks[name] * most * strands, 0, 1)[..., None]
            skin = skin * (1 - cover) + dark * cover
        return srgb_from_linear(skin)


def _pixels(points: Floats) -> list[tuple[float, float]]:
    """Columns and rows of points (n, 3) on the average head."""
    columns = (np.arctan2(points[:, 0], points[:, 2]) / (2 * np.pi) + 0.5) * _WIDTH
    rows = (_HIGH_MM - points[:, 1]) / (_HIGH_MM - _LOW_MM) * _HEIGHT
    return list(zip(columns.tolist(), rows.tolist(), strict=True))


def _blurred(image: Image.Image, px: float) -> Floats:
    return np.asarray(image.filter(ImageFilter.GaussianBlur(px))).astype(np.float64) / 255


def _filled(shapes: list[Floats], blur_px: float) -> Floats:
    image = Image.new("L", (_WIDTH, _HEIGHT))
    for shape in shapes:
        ImageDraw.Draw(image).polygon(_pixels(np.asarray(shape)), fill=255)
    return _blurred(image, blur_px)


def _drawn(lines: list[Floats], width_px: int, blur_px: float) -> Floats:
    image = Image.new("L", (_WIDTH, _HEIGHT))
    for line in lines:
        ImageDraw.Draw(image).line(_pixels(line), fill=255, width=width_px, joint="curve")
    return _blurred(image, blur_px)


def _band(brow: list[Floats], outer_first: bool) -> Floats:
    """A brow's outline: thin at the temple, thick towards the nose."""
    half = np.array([0.6, 2.0, 2.8, 3.0, 2.4] if outer_first else [2.4, 3.0, 2.8, 2.0, 0.6])
    up = np.outer(half, [0.0, 1.0, 0.0])
    middle = np.array(brow) + [0.0, 1.0, 0.0]
    return np.concatenate([middle + up, (middle - up)[::-1]])


def _spots(spots: list[tuple[float, float, float]]) -> Floats:
    """Soft spots at places x, y of the face, of a size, all in mm."""
    x = ((np.arange(_WIDTH) + 0.5) / _WIDTH - 0.5) * 2 * np.pi * 90.0
    y = (_HIGH_MM - (np.arange(_HEIGHT) + 0.5) / _HEIGHT * (_HIGH_MM - _LOW_MM))[:, None]
    total: Floats = sum((np.exp(-((x - a) ** 2 + (y - b) ** 2) / (2 * s * s)) for a, b, s in spots), np.zeros(()))
    return np.clip(total, 0, 1)


def _hair() -> Floats:
    """Where cropped hair grows, both sides of the head."""
    right = np.array(_HAIR_LINE, np.float64)
    both = np.concatenate([(right * [-1, 1])[::-1], right])
    columns = (both[:, 0] / 360 + 0.5) * _WIDTH
    rows = (_HIGH_MM - both[:, 1]) / (_HIGH_MM - _LOW_MM) * _HEIGHT
    outline = [*zip(columns.tolist(), rows.tolist(), strict=True), (float(_WIDTH), 0.0), (0.0, 0.0)]
    image = Image.new("L", (_WIDTH, _HEIGHT))
    ImageDraw.Draw(image).polygon(outline, fill=255)
    return _blurred(image, 6.0)


def _noise(rng: np.random.Generator, cells: int) -> Floats:
    """Smooth noise of unit variance with so many cells around the head."""
    small = rng.standard_normal((cells * 3 // 4, cells)).astype(np.float32)
    image = Image.fromarray(small).resize((_WIDTH, _HEIGHT), Image.Resampling.BICUBIC)
    values = np.asarray(image).astype(np.float64)
    unit: Floats = values / values.std()
    return unit


def _eye(rng: np.random.Generator) -> Image8:
    """An eyeball from the front: white, iris, pupil."""
    place = ((np.arange(_EYE_PX) + 0.5) / _EYE_PX - 0.5) * _EYE_MM
    away = np.hypot(place, place[:, None])
    iris = _IRIS[rng.integers(len(_IRIS))].astype(np.float64)
    image = np.full((_EYE_PX, _EYE_PX, 3), [226.0, 219.0, 212.0])
    image += _disc(away, _IRIS_MM) * (iris * (0.55 + 0.45 * (away / _IRIS_MM < 0.88))[..., None] - image)
    image += _disc(away, _PUPIL_MM) * (12.0 - image)
    pixels: Image8 = np.round(np.clip(image, 0, 255)).astype(np.uint8)
    return pixels


def _disc(away: Floats, radius: float) -> Floats:
    """Share of each place, by its distance from the middle, inside a circle with a soft border."""
    inside: Floats = np.clip((radius - away) / 0.5 + 0.5, 0, 1)[..., None]
    return inside
