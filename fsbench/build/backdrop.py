"""What stands behind a rendered head: one colour, a gradient, or the user's own images."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fsbench.build.colour import linear_from_srgb
from fsbench.core.errors import UsageError
from fsbench.core.mesh import Floats
from fsbench.io.folders import files_below
from fsbench.io.images import IMAGE_SUFFIXES, read_rgb

PLAIN, GRADIENT = "plain", "gradient"
_GREY = 0.22
_TOP, _BOTTOM = np.array([0.42, 0.46, 0.52]), np.array([0.10, 0.10, 0.11])


@dataclass(frozen=True, slots=True)
class Backdrop:
    """A kind of background.

    Attributes
    ----------
    kind : str
        "plain", "gradient", or the folder of the images.
    images : tuple of Path
    """

    kind: str
    images: tuple[Path, ...] = ()

    @classmethod
    def called(cls, text: str) -> "Backdrop":
        """Read an option; UsageError if it is neither a kind nor a folder with images."""
        if text in (PLAIN, GRADIENT):
            return cls(text)
        folder = Path(text)
        if not folder.is_dir():
            raise UsageError(f"--background {text}: expected {PLAIN}, {GRADIENT}, or a folder of images")
        images = tuple(files_below(folder, IMAGE_SUFFIXES))
        if not images:
            raise UsageError(f"--background {text}: there is no image in it ({', '.join(IMAGE_SUFFIXES)})")
        return cls(text, images)

    def digest(self) -> str:
        """Changes with names and sizes of the images; empty without any."""
        listed = [f"{path.relative_to(self.kind)} {path.stat().st_size}" for path in self.images]
        return hashlib.sha256("\n".join(listed).encode("utf-8", "surrogateescape")).hexdigest() if listed else ""

    def draw(self, width: int, height: int, rng: np.random.Generator) -> tuple[Floats, str]:
        """Linear light (height, width, 3), and its name; `rng` chooses the image.

        Raises
        ------
        FsbenchError
            If the image cannot be read.
        """
        if self.kind == PLAIN:
            return np.full((height, width, 3), _GREY), PLAIN
        if self.kind == GRADIENT:
            share = ((np.arange(height) + 0.5) / height)[:, None, None]
            return np.broadcast_to(_TOP * (1 - share) + _BOTTOM * share, (height, width, 3)), GRADIENT
        path = self.images[int(rng.integers(len(self.images)))]
        return linear_from_srgb(_cropped(path, width, height)), path.name


def _cropped(path: Path, width: int, height: int) -> np.ndarray:
    """The middle of an image in the shape of another, resized."""
    from PIL import Image

    pixels = read_rgb(path)
    scale = min(pixels.shape[1] / width, pixels.shape[0] / height)
    left, top = (pixels.shape[1] - width * scale) / 2, (pixels.shape[0] - height * scale) / 2
    box = (left, top, left + width * scale, top + height * scale)
    resized = Image.fromarray(pixels).resize((width, height), Image.Resampling.LANCZOS, box=box)
    return np.asarray(resized)
