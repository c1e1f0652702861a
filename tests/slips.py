"""Submissions written in one of three ways, and what goes wrong with each: in the files, or in the options."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

import numpy as np

from fsbench.core.mesh import Floats, Ints, Mesh
from fsbench.io import read_mesh
from fsbench.io.write import write_obj

Deform = Callable[[Floats, Ints], tuple[Floats, Ints]]
FOCAL_PX = 900.0
NET_PX = {"image": 256.0, "crop": 224.0, "camera": 0.0}


@dataclass(frozen=True)
class Slip:
    """One thing that goes wrong: with the numbers of the files, the crops beside them (inverted), or the options."""

    name: str
    deform: Deform = lambda v, f: (v, f)
    options: dict[str, str | None] = field(default_factory=dict)
    inverts: bool = False


def _mirror(axis: int, about: float) -> Deform:
    sign, offset = np.ones(3), np.zeros(3)
    sign[axis], offset[axis] = -1.0, about
    return lambda v, f: (v * sign + offset, f)


def _in_image(side: float) -> tuple[Slip, ...]:
    return (
        Slip("y down", _mirror(1, side)),
        Slip("x left", _mirror(0, side)),
        Slip("z away", _mirror(2, 0.0)),
        Slip("cv axes", lambda v, f: (v * [1, -1, -1] + [0, side, 0], f)),
        Slip("x, y swapped", lambda v, f: (v[:, [1, 0, 2]], f)),
        Slip("faces", lambda v, f: (v, f[:, [1, 0, 2]])),
        Slip("cube", lambda v, f: (v / (side / 2) - [1, 1, 0], f)),
        Slip("too large", lambda v, f: (v * 1000.0, f)),
    )


SLIPS = {
    "image": (
        Slip("one crop", lambda v, f: ((v - [30.0, 20.0, 0.0]) * (224 / 180), f)),
        Slip("224 px", lambda v, f: (v * (224 / 256), f)),
        *_in_image(256.0),
    ),
    "crop": (
        Slip("no tform", options={"tform": None, "size": None}),
        Slip("inverted tform", inverts=True),
        Slip("size", options={"size": "256"}),
        *_in_image(224.0),
    ),
    "camera": (
        Slip("focal", options={"focal": "500"}),
        Slip("y up", _mirror(1, 0.0)),
        Slip("x left", _mirror(0, 0.0)),
        Slip("z away", _mirror(2, 0.0)),
        Slip("gl axes", lambda v, f: (v * [1, -1, -1], f)),
        Slip("faces", lambda v, f: (v, f[:, [1, 0, 2]])),
        Slip("too large", lambda v, f: (v * 1000.0, f)),
    ),
}
_EXCLUDE = ({"no tform", "inverted tform"}, {"no tform", "size"}, {"one crop", "224 px"})


def slips() -> list[tuple[str, tuple[Slip, ...]]]:
    """Every slip of every way alone, and every pair that can be."""
    alone = [(way, (slip,)) for way, some in SLIPS.items() for slip in some]
    pairs = [(way, pair) for way, some in SLIPS.items() for pair in combinations(some, 2)]
    return alone + [(way, pair) for way, pair in pairs if {slip.name for slip in pair} not in _EXCLUDE]


def options(way: str, made: Sequence[Slip] = (), *, in_the_lab: bool) -> dict[str, str]:
    """What is passed for files that were written in a way, slips included."""
    right: dict[str, str | None] = {"adapter": "cv" if way == "camera" else "pixels"}
    if way == "crop":
        right |= {"tform": "{sample}_tform.npy", "size": "224"}
    if way == "camera" and not in_the_lab:
        right["focal"] = f"{FOCAL_PX:g}"
    for slip in made:
        right |= slip.options
    return {name: value for name, value in right.items() if value is not None}


def write(
    source: Path, names: Sequence[str], way: str, made: Sequence[Slip], folder: Path, focals: dict[str, float]
) -> Path:
    """Write meshes in pixels of the 256 px image in another way, with slips; `focals` has the lab's, by name."""
    folder.mkdir(parents=True)
    for name in names:
        rng = np.random.default_rng(int(name.replace("_", "")))
        mesh = read_mesh(source / f"{name}.obj")
        vertices, faces = mesh.vertices, mesh.faces
        if way == "camera":
            vertices = _before_a_camera(vertices, focals.get(name, FOCAL_PX))
        if way == "crop":
            side, (x, y) = rng.uniform(150, 200), rng.uniform(20, 50, 2)
            vertices = (vertices - [x, 256 - y - side, 0]) * (224 / side)
            tform = np.array([[224 / side, 0, -x * 224 / side], [0, 224 / side, -y * 224 / side], [0, 0, 1.0]])
            inverted = any(slip.inverts for slip in made)
            np.save(folder / f"{name}_tform.npy", np.linalg.inv(tform) if inverted else tform)
        for slip in made:
            vertices, faces = slip.deform(vertices, faces)
        write_obj(folder / f"{name}.obj", Mesh(vertices, faces))
    return folder


def invert_tforms(folder: Path) -> None:
    """Write the inverse of each crop that lies in the folder."""
    for path in folder.glob("*_tform.npy"):
        np.save(path, np.linalg.inv(np.load(path)))


def _before_a_camera(pixels: Floats, focal_px: float) -> Floats:
    """The same image from a pinhole: x right, y down, z away, in half images."""
    x, y, z = (pixels / 128 - [1, 1, 0]).T
    depth = focal_px / 128 - (z - z.mean())
    return np.column_stack([x * depth, -y * depth, depth * (focal_px / 128)]) / (focal_px / 128)
