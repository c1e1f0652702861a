"""Heads under a plan: persons whose pictures may not be shown, light and backgrounds by seed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fsbench.build.backdrop import Backdrop
from fsbench.build.head import Head, HeadName
from fsbench.build.heads import Job, build
from fsbench.build.plan import Plan
from fsbench.build.views import rig_called
from tests.textured import person

PLAN = Plan(rig_called("0/0"), (600.0,), 64, "flat", Backdrop("plain"), 1, None, False, True)


@dataclass(frozen=True)
class Red:
    """One red head, which may be shown or not."""

    publishable: bool
    description: str = "a red head"

    def names(self) -> Iterator[HeadName]:
        yield HeadName("r")

    def read(self, name: HeadName) -> Head:
        model, vertices = person()
        colours = np.full((len(vertices), 3), [230, 20, 20], np.uint8)
        pupils = np.array([[-31.0, 30, 65], [31.0, 30, 65]])
        return Head(name, vertices, model.triangles, pupils, "given", colours=colours, publishable=self.publishable)


def _image(out: Path, source: Red, plan: Plan) -> np.ndarray:
    (record,) = build(Job(out, "red"), source, list(source.names()), plan)
    assert not record.lost
    shown = np.asarray(Image.open(out / "data/lab_img/00_0_00.png"))
    assert np.array_equal(shown, np.asarray(Image.open(out / "tuples/00_0_00/image.png")))
    return shown.astype(int)


@pytest.mark.parametrize(
    ("publishable", "private", "is_red"), [(True, False, True), (False, False, False), (False, True, True)]
)
def test_who_may_not_be_shown_is_grey_unless_asked_for(
    publishable: bool, private: bool, is_red: bool, tmp_path: Path
) -> None:
    image = _image(tmp_path / "out", Red(publishable), replace(PLAN, private=private))
    assert (image[32, 32, 0] - image[32, 32, 1] > 100) == is_red
    assert ("--private shows it" in (tmp_path / "out/CARD.md").read_text()) == (not is_red)


def test_random_light_is_that_of_its_seed(tmp_path: Path) -> None:
    plan = replace(PLAN, light="random")
    first, again = (_image(tmp_path / name, Red(True), plan) for name in ("a", "b"))
    other = _image(tmp_path / "c", Red(True), replace(plan, seed=2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_a_gradient_falls_from_top_to_bottom(tmp_path: Path) -> None:
    image = _image(tmp_path / "out", Red(True), replace(PLAN, backdrop=Backdrop("gradient")))
    assert (np.diff(image[:, 0].sum(1)) <= 0).all() and image[0, 0, 0] > image[-1, 0, 0] + 40
