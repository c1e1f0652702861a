"""Folders in FaceScape's layouts, with the sample's head model in place of FaceScape's."""

from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from fsbench.build.facescape.tu import TuTopology
from fsbench.io.expressions import EXPRESSIONS
from fsbench.sample.head_model import cut_quads, load_head_model

STEMS = tuple(f"{k}_{name}" for k, name in enumerate(EXPRESSIONS, 1))
SUBJECTS = ("1", "2", "105", "360")
AMPLITUDE, WAVES = 0.5, (3.0, 2.0)
MAP_PX = 512
UNIT = 0.97
"""The meshes' millimetres are no true ones."""

MODEL = load_head_model()
TRIANGLES = cut_quads(MODEL.quads[MODEL.outside])
"""Without the mouth's bag, which FaceScape's heads do not have: vertices behind it belong to no triangle."""
TOPOLOGY = TuTopology(len(MODEL.mean), tuple(MODEL.landmarks.tolist()))
LICENCE_MTL = "newmtl material_0\nKd 0.000000 0.000000 0.000000\nmap_Kd {}\n"


def height(uv: np.ndarray) -> np.ndarray:
    """The field in every displacement map, in the meshes' unit."""
    return AMPLITUDE * np.sin(2 * np.pi * WAVES[0] * uv[:, 0]) * np.cos(2 * np.pi * WAVES[1] * uv[:, 1])


def write_map(path: Path, side: int = MAP_PX, deep: bool = True) -> None:
    """Write the field as FaceScape writes its maps: p = 32768 + h / 0.914 * 32768, row 0 at v = 1."""
    middles = (np.arange(side) + 0.5) / side
    u, v = np.meshgrid(middles, 1 - middles)
    pixels = 32768 + height(np.column_stack([u.ravel(), v.ravel()])).reshape(side, side) / 0.914 * 32768
    path.parent.mkdir(parents=True, exist_ok=True)
    rounded = np.round(pixels)
    Image.fromarray(rounded.astype(np.uint16) if deep else (rounded / 256).astype(np.uint8)).save(path)


@cache
def texture() -> tuple[np.ndarray, np.ndarray]:
    """Coordinates (T, 2) and corners (F, 3): a cylinder's, with the seam at the back of the head."""
    x, y, z = (MODEL.mean - MODEL.mean.mean(0)).T
    uv = np.column_stack([np.arctan2(x, z) / (2 * np.pi) + 0.5, (y - y.min()) / np.ptp(y)])
    # Away from the poles' singularity and the image's border.
    uv = uv * [0.6, 0.9] + [0.0, 0.05]
    corners = TRIANGLES.copy()
    u = uv[:, 0][corners]
    on_seam = np.ptp(u, axis=1) > 0.3
    twins, which = np.unique(corners[on_seam][u[on_seam] < 0.3], return_inverse=True)
    moved = corners[on_seam]
    moved[u[on_seam] < 0.3] = len(uv) + which
    corners[on_seam] = moved
    return np.concatenate([uv, uv[twins] + [0.6, 0.0]]) + [0.02, 0.0], corners


def person(subject: str, expression: int = 1) -> np.ndarray:
    """Vertices of a subject with FaceScape's expression 1 to 20, in the meshes' unit."""
    rng = np.random.default_rng(int(subject))
    shape = MODEL.person(rng.normal(0, 0.2, len(MODEL.shapes)))
    weights = np.zeros(len(MODEL.expressions))
    if expression > 1:
        weights[(expression * 2) % len(weights)] = 0.7
    return (shape + MODEL.expression(weights)) * UNIT


def obj_text(vertices: np.ndarray, faces: np.ndarray, uv: np.ndarray, corners: np.ndarray, mtl: str = "") -> str:
    lines = [f"mtllib {mtl}"] if mtl else []
    lines += [f"v {x!r} {y!r} {z!r}" for x, y, z in vertices.tolist()]
    lines += [f"vt {u!r} {v!r}" for u, v in uv.tolist()]
    lines += ["usemtl material_0"] if mtl else []
    pairs = np.stack([faces, corners], 2).reshape(-1, 6) + 1
    lines += ["f {}/{} {}/{} {}/{}".format(*row) for row in pairs.tolist()]
    return "\n".join(lines) + "\n"


def write_head(folder: Path, subject: str, k: int, *, stem: str = "", with_map: bool = True) -> Path:
    """Write a mesh with its .mtl, and its map; the image is the subject's."""
    stem = stem or STEMS[k - 1]
    meshes = folder / "models_reg"
    meshes.mkdir(parents=True, exist_ok=True)
    path = meshes / f"{stem}.obj"
    path.write_text(obj_text(person(subject, k), TRIANGLES, *texture(), f"{stem}.obj.mtl"))
    (meshes / f"{stem}.obj.mtl").write_text(LICENCE_MTL.format("skin.jpg"))
    rows = np.linspace(0, 255, 32).astype(np.uint8)
    colours = np.stack(np.broadcast_arrays(rows[:, None], rows, np.uint8(int(subject) % 256)), -1)
    Image.fromarray(np.ascontiguousarray(colours)).save(meshes / "skin.jpg")
    if with_map:
        write_map(folder / "dpmap" / f"{stem}.png")
    return path


def write_tree(root: Path, subjects: tuple[str, ...] = SUBJECTS, ks: tuple[int, ...] = tuple(range(1, 21))) -> Path:
    """Write `facescape_trainset`."""
    for subject in subjects:
        for k in ks:
            write_head(root / subject, subject, k)
    return root
