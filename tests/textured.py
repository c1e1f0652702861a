"""Small textured heads as files: what `fsbench build` is tried on."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from fsbench.core.mesh import Mesh
from fsbench.io.write import write_ply
from fsbench.sample.head_model import HeadModel, load_head_model
from fsbench.sample.people import REFERENCE_PEOPLE


def person(seed: int = 0) -> tuple[HeadModel, np.ndarray]:
    """The sample's head model, and the vertices of one person in mm."""
    model = load_head_model()
    return model, model.person(REFERENCE_PEOPLE.draw(model, np.random.default_rng(seed), 1)[0])


def write_coloured(folder: Path, n: int = 1, scale: float = 1.0) -> HeadModel:
    """n PLY heads with colours of vertices, and one file of landmarks for all."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(n):
        model, vertices = person(seed)
        write_ply(folder / f"p{seed}.ply", Mesh(vertices * scale, model.triangles), _skin(vertices))
    (folder / "landmarks.json").write_text(json.dumps(model.landmarks.tolist()))
    return model


def write_textured(path: Path, seed: int = 0, materials: int = 1, inverted: bool = False, shift: float = 0.0) -> None:
    """An OBJ of quads with uv from the front, its library, images, and its landmarks as points."""
    path.parent.mkdir(parents=True, exist_ok=True)
    model, vertices = person(seed)
    uv = (vertices[:, :2] - vertices[:, :2].min(0)) / np.ptp(vertices[:, :2], axis=0) * 0.98 + 0.01 + shift
    lines = [f"mtllib {path.stem}.mtl"]
    lines += ["v {:.6f} {:.6f} {:.6f}".format(*row) for row in vertices]
    lines += ["vt {:.6f} {:.6f}".format(*row) for row in uv]
    quads = model.quads[:, ::-1] if inverted else model.quads
    for k, some in enumerate(np.array_split(quads, materials)):
        lines += [f"usemtl m{k}", *("f " + " ".join(f"{c + 1}/{c + 1}" for c in quad) for quad in some)]
        image = np.kron(np.indices((16, 16)).sum(0) % 2 * 120 + 100, np.ones((8, 8))).astype(np.uint8)
        Image.fromarray(image[..., None].repeat(3, 2)).save(path.parent / f"{path.stem}_{k}.png")
    path.write_text("\n".join(lines) + "\n")
    library = [f"newmtl m{k}\nKd 0 0 0\nmap_Kd {path.stem}_{k}.png" for k in range(materials)]
    path.with_suffix(".mtl").write_text("\n".join(library) + "\n")
    path.with_suffix(".json").write_text(json.dumps(vertices[model.landmarks].tolist()))


def _skin(vertices: np.ndarray) -> np.ndarray:
    shade = np.clip(150 + vertices[:, 1] / 2, 0, 255)
    return np.stack([shade, shade * 0.8, shade * 0.7], 1).astype(np.uint8)
