"""Images of the sample benchmark, before the cameras that it has."""

from collections.abc import Collection, Sequence
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from fsbench.build.light import drawn, studio
from fsbench.build.render import Looks, Texture, View
from fsbench.core.mesh import Floats
from fsbench.geometry.cameras import OrthographicCamera, PinholeCamera
from fsbench.io.images import read_rgb, write_png
from fsbench.sample.ground_truth import TrueFace, TrueFaces
from fsbench.sample.poses import IMAGE_PX
from fsbench.sample.skin import SkinPainter

SKIN, SCENE = 10, 11
"""Streams of random numbers: the sample's other files do not depend on its images."""
WILD, LAB = 0, 1
_GREY = 0.22
_MOST_SKINS = 32


class Photographer:
    """Renders the true faces in colours of their own; a person's skin is the same in all images of a benchmark."""

    def __init__(self, data: Path, faces: TrueFaces, seed: int, wanted: Collection[str] | None = None) -> None:
        self._data, self._faces, self._seed, self._wanted = data, faces, seed, wanted
        # In the wild the same people come again in every bin.
        self._skin = lru_cache(maxsize=_MOST_SKINS)(self._painted)
        self._kept: tuple[tuple[int, int], Looks] | None = None

    @cached_property
    def _painter(self) -> SkinPainter:
        return self._faces.painter()

    def _painted(self, benchmark: int, person: int) -> Texture:
        return self._painter.paint(np.random.default_rng([self._seed, SKIN, benchmark, person]))

    def _looks(self, benchmark: int, person: int, truth: TrueFace) -> Looks:
        key = (benchmark, person)
        if self._kept is None or self._kept[0] != key:
            self._kept = key, Looks(self._faces.whole(truth), self._skin(*key))
        return self._kept[1]

    def wild(self, name: str, person: int, truth: TrueFace, turn: Floats, centre: Floats, mm_per_unit: float) -> None:
        """Write the image of a sample in the wild: light and background differ from one to the other."""
        if self._is_unwanted(name):
            return
        rng = np.random.default_rng([self._seed, SCENE, int(name)])
        view = View(OrthographicCamera(mm_per_unit), turn, centre * mm_per_unit, IMAGE_PX, IMAGE_PX)
        picture = self._looks(WILD, person, truth).render(view, drawn(rng))
        top, bottom = rng.uniform(0.03, 0.5, (2, 1)) * rng.uniform(0.8, 1.2, (2, 3))
        share = np.linspace(0, 1, IMAGE_PX)[:, None, None]
        self._write("wild_img", name, picture.over(top * (1 - share) + bottom * share))

    def lab(self, name: str, person: int, truth: TrueFace, turn: Floats, centre_mm: Floats, focal_px: float) -> None:
        """Write the image of a sample in the lab: all have the same light, before grey."""
        if self._is_unwanted(name):
            return
        camera = PinholeCamera(focal_px, focal_px, IMAGE_PX / 2, IMAGE_PX / 2)
        view = View(camera, turn, centre_mm, IMAGE_PX, IMAGE_PX)
        picture = self._looks(LAB, person, truth).render(view, studio())
        self._write("lab_img", name, picture.over(np.full(3, _GREY)))

    def _is_unwanted(self, name: str) -> bool:
        return self._wanted is not None and name not in self._wanted

    def _write(self, folder: str, name: str, image: np.ndarray) -> None:
        (self._data / folder).mkdir(parents=True, exist_ok=True)
        write_png(self._data / folder / f"{name}.png", image)


def write_row(images: Sequence[Path], path: Path) -> None:
    """Put images of one height side by side."""
    write_png(path, np.concatenate([read_rgb(image) for image in images], axis=1))
