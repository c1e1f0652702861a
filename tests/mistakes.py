"""Submissions in a wrong frame, made from right ones: what people get wrong, one thing at a time.

The right ones are in pixels of the 256 px image, y up, as `--adapter pixels` reads them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fsbench.core.mesh import Floats, Ints, Mesh
from fsbench.io import read_mesh
from fsbench.io.write import write_obj

Deform = Callable[[Floats, Ints, np.random.Generator], tuple[Floats, Ints]]


@dataclass(frozen=True)
class Mistake:
    """How a submission goes wrong, and what the check must say of it."""

    name: str
    deform: Deform
    says: str
    option: str
    adapter: str = "pixels"


def _mirrored(axis: int, about: float, turned: bool) -> Deform:
    def deform(v: Floats, f: Ints, _: np.random.Generator) -> tuple[Floats, Ints]:
        v = v.copy()
        v[:, axis] = about - v[:, axis]
        return v, f[:, [1, 0, 2]] if turned else f

    return deform


def _moved(scale: float, x: float = 0.0, y: float = 0.0) -> Deform:
    return lambda v, f, _: ((v + [x, y, 0.0]) * scale, f)


def _one_crop(v: Floats, f: Ints, rng: np.random.Generator) -> tuple[Floats, Ints]:
    return (v - [30.0, 20.0, 0.0]) * (224 / 180), f


def _own_crop(v: Floats, f: Ints, rng: np.random.Generator) -> tuple[Floats, Ints]:
    x, y = rng.uniform(10, 60, 2)
    return (v - [x, y, 0.0]) * (224 / rng.uniform(140, 220)), f


RIGHT = Mistake("right", lambda v, f, _: (v, f), "no other frame, unit or crop fits better", "")
MISTAKES = (
    Mistake("y down", _mirrored(1, 256.0, turned=False), "upside down", "--flip y,faces"),
    Mistake("y down, turned", _mirrored(1, 256.0, turned=True), "upside down", "--flip y"),
    Mistake("y negated", _mirrored(1, 0.0, turned=False), "upside down", "--flip y,faces --crop 0,256,256,512"),
    Mistake("x left", _mirrored(0, 256.0, turned=False), "mirrored left to right", "--flip x,faces"),
    Mistake("x left, turned", _mirrored(0, 256.0, turned=True), "mirrored left to right", "--flip x"),
    Mistake("z away", _mirrored(2, 0.0, turned=False), "inside out in depth", "--flip z,faces"),
    Mistake("z away, turned", _mirrored(2, 0.0, turned=True), "inside out in depth", "--flip z"),
    Mistake("cv axes", lambda v, f, _: (v * [1, -1, -1] + [0, 256, 0], f), "y runs down and z away", "--flip y,z"),
    Mistake("cube", lambda v, f, _: (v / 128 - [1, 1, 0], f), "a unit cube, not pixels: [-1, 1]", "--adapter ortho"),
    Mistake("cube from 0", _moved(1 / 256), "a unit cube, not pixels: [0, 1]", "--adapter pixels --unit 256"),
    Mistake("no cube", _moved(1.0), "pixels of the 256 px image, not a unit cube", "--adapter pixels", "ortho"),
    Mistake("centred", _moved(1.0, -128, -128), "0 is in the middle", "--adapter ortho --unit 0.0078125"),
    Mistake("too large", _moved(1000.0), "1000 times too large", "--unit 0.001"),
    Mistake("too small", _moved(0.001), "1000 times too small", "--unit 1000"),
    Mistake("by pupils", _moved(62.85), "62.85 times too large", "--unit 0.0159109"),
    Mistake("224 px", _moved(224 / 256), "pixels of a 224 px image", "--size 224"),
    Mistake("middle crop", _moved(1.0, -16, -16), "the crop is missing", "--crop 16,16,240,240 --size 224"),
    Mistake("one crop", _one_crop, "the crop is missing", "--size 224"),
    Mistake("own crops", _own_crop, "the crop is missing", "pass it with --tform"),
    Mistake("x, y swapped", lambda v, f, _: (v[:, [1, 0, 2]], f), "x and y are swapped", ""),
    Mistake("rows, columns", lambda v, f, _: (np.column_stack([256 - v[:, 1], v[:, 0], v[:, 2]]), f), "swapped", ""),
    Mistake("z up", lambda v, f, _: (v[:, [0, 2, 1]] * [1, -1, 1], f), "y and z are swapped", ""),
    Mistake("z up cube", lambda v, f, _: ((v / 128 - [1, 1, 0])[:, [0, 2, 1]] * [1, -1, 1], f), "swapped", "", "ortho"),
    Mistake("x up", lambda v, f, _: ((v / 128 - [1, 1, 0])[:, [1, 2, 0]], f), "the axes are in the order", "", "ortho"),
    Mistake("faces", lambda v, f, _: (v, f[:, [1, 0, 2]]), "faces are inverted", "--flip faces"),
    Mistake("cv cube", lambda v, f, _: ((v / 128 - [1, 1, 0]) * [1, -1, -1], f), "z away", "--flip y,z", "ortho"),
)


def spoil(source: Path, names: list[str], mistake: Mistake, target: Path, seed: int = 0) -> Path:
    """Write the submission with its mistake into `target`."""
    rng = np.random.default_rng(seed)
    target.mkdir(parents=True, exist_ok=True)
    for name in names:
        mesh = read_mesh(source / f"{name}.obj")
        write_obj(target / f"{name}.obj", Mesh(*mistake.deform(mesh.vertices, mesh.faces, rng)))
    return target
