"""Multi-view captures in FaceScape's layout: cameras with distortion around a head, its photographs, its mesh."""

import json
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.spatial.transform import Rotation

from fsbench.core.mesh import Mesh
from fsbench.geometry.transforms import Similarity
from fsbench.io.write import write_ply
from tests import facescape_data as data

DISTORTION = (-0.1, 0.02, 0.001, -0.0005, 0.003)
TALL, INVALID, BEHIND = 2, 3, 5
"""Views of the six that are not like the others."""
SIZE = (360, 240)
HAIR_MM = 30.0


def capture_from_tu(subject: str, k: int) -> Similarity:
    """The frame of a capture: a unit and a pose of its own, other for every subject and expression."""
    rng = np.random.default_rng([int(subject), k])
    return Similarity(0.013 * rng.uniform(0.5, 2), Rotation.random(random_state=k).as_matrix(), rng.normal(size=3))


def camera(view: int, subject: str, k: int) -> dict[str, object]:
    """K (4, 4), Rt, ... of a view: before the face, to its sides, or behind it."""
    width, height = SIZE[::-1] if view == TALL else SIZE
    around = np.radians((0, 25, -40, 10, 60, 180)[view])
    # Head frame: look at the middle of the face from 600 of the TU model's units.
    axis = -np.array([np.sin(around), 0.0, np.cos(around)])
    turn = np.stack([[-axis[2], 0.0, axis[0]], [0.0, -1.0, 0.0], axis])
    place = -axis * 600 + [0.0, 0.0, 40.0]
    to = capture_from_tu(subject, k)
    R = turn @ to.rotation.T
    # Points of the camera keep the capture's unit.
    t = -to.scale * (turn @ place) - R @ to.translation
    K = np.eye(4)
    K[0, 0], K[1, 1], K[0, 2], K[1, 2] = 700.0, 703.0, width / 2 + 3.3, height / 2 - 2.7
    return {
        "K": K.tolist(),
        "Rt": np.column_stack([R, t]).tolist(),
        "distortion": list(DISTORTION),
        "width": width,
        "height": height,
        "valid": view != INVALID,
        "matches": 100,
        "sn": str(view),
        "ori": 0,
    }


def mesh_of(subject: str, k: int) -> Mesh:
    """The capture's mesh in its own frame: the face a little off the TU model, and hair that stands away."""
    vertices = data.person(subject, k)
    middle = vertices.mean(0)
    hair = middle + (vertices - middle) * (1 + HAIR_MM / np.linalg.norm(vertices - middle, axis=1, keepdims=True))
    is_hair = (vertices[:, 1] > middle[1] + 40)[data.TRIANGLES].all(1)
    faces = np.concatenate([data.TRIANGLES, data.TRIANGLES[is_hair] + len(vertices)])
    return Mesh(capture_from_tu(subject, k).apply(np.concatenate([vertices, hair])), faces)


def write_capture(root: Path, subject: str, k: int) -> None:
    """Write images/ID/<k>_<name>/ and meshes/ID/<k>_<name>.ply."""
    folder = root / "images" / subject / data.STEMS[k - 1]
    folder.mkdir(parents=True, exist_ok=True)
    params = {}
    for view in range(6):
        found = camera(view, subject, k)
        params |= {f"{view}_{key}": value for key, value in found.items()}
        rows, columns = np.indices((int(found["height"]), int(found["width"])))  # type: ignore[call-overload]
        pixels = np.stack([columns % 256, rows % 256, np.full_like(rows, 40 * view)], 2)
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{view}.jpg", quality=95)
    (folder / "params.json").write_text(json.dumps(params))
    path = root / "meshes" / subject / f"{data.STEMS[k - 1]}.ply"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_ply(path, mesh_of(subject, k))


def write_alignments(path: Path, heads: list[tuple[str, int]]) -> None:
    """Write Rt_scale_dict.json."""
    content: dict[str, dict[str, object]] = {}
    for subject, k in heads:
        back = capture_from_tu(subject, k).inverse()
        content.setdefault(subject, {})[str(k)] = [
            back.scale,
            np.column_stack([back.rotation, back.translation]).tolist(),
        ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
