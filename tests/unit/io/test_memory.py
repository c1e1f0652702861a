"""Reading takes at most six times a file's size, the mesh itself included."""

import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fsbench.io import lines, ply, polygons, read_mesh, stl

MOST = 6  # times the file
SIDE = 200
HEADER = """ply
format {} 1.0
element vertex {}
property float x
property float y
property float z
element face {}
property list uchar int vertex_indices
end_header
"""


def _sheet() -> tuple[np.ndarray, np.ndarray]:
    """A square of 2 SIDE^2 triangles, as large as makes six times it more than what a block takes."""
    x, y = (axis.ravel() for axis in np.indices((SIDE + 1, SIDE + 1)))
    vertices = np.stack([x / 2, y / 2, np.sin(x * y)], 1).astype(np.float32)
    first = (np.arange(SIDE)[:, None] * (SIDE + 1) + np.arange(SIDE)).ravel()
    lower = np.stack([first, first + 1, first + SIDE + 1], 1)
    return vertices, np.concatenate([lower, lower[:, [1, 2, 2]] + [0, 1, 0]]).astype(np.int32)


def _text(vertices: np.ndarray, faces: list[list[int]]) -> str:
    words = [f"{x:.6f} {y:.6f} {z:.6f}" for x, y, z in vertices.tolist()]
    return "\n".join([*words, *(" ".join(map(str, [len(face), *face])) for face in faces)]) + "\n"


def _ascii_stl(corners: np.ndarray) -> str:
    facets = (
        "facet normal 0 0 1\nouter loop\n"
        + "".join(f"vertex {x:.6f} {y:.6f} {z:.6f}\n" for x, y, z in facet)
        + "endloop\nendfacet\n"
        for facet in corners.tolist()
    )
    return "solid\n" + "".join(facets) + "endsolid\n"


def _write(path: Path, kind: str) -> int:
    vertices, faces = _sheet()
    polygons_ = faces.tolist()
    if "uneven" in kind:
        polygons_[0] = [*polygons_[0], SIDE + 2]
    if kind.startswith("ascii ply"):
        header = HEADER.format("ascii", len(vertices), len(faces))
        path.write_text(header + _text(vertices, polygons_))
    elif kind.startswith("binary ply"):
        header = HEADER.format("binary_little_endian", len(vertices), len(faces))
        body = b"".join(bytes([len(face)]) + np.array(face, "<i4").tobytes() for face in polygons_)
        path.write_bytes(header.encode() + vertices.tobytes() + body)
    elif kind == "off":
        path.write_text(f"OFF\n{len(vertices)} {len(faces)} 0\n" + _text(vertices, polygons_))
    elif kind == "ascii stl":
        path.write_text(_ascii_stl(vertices[faces]))
    else:
        facets = np.zeros(len(faces), [("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
        facets["corners"] = vertices[faces]
        path.write_bytes(bytes(80) + np.uint32(len(faces)).tobytes() + facets.tobytes())
    return len(faces) + ("uneven" in kind)


@pytest.mark.parametrize(
    "kind",
    ["ascii ply", "ascii ply uneven", "binary ply", "binary ply uneven", "off", "ascii stl", "binary stl"],
)
def test_the_memory_to_read_a_file_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr(lines, "PIECE_BYTES", 1 << 12)
    for module in (ply, polygons, stl):
        monkeypatch.setattr(module, "_AT_ONCE", 1 << 10)
    path = tmp_path / f"mesh.{kind.removesuffix(' uneven').split()[-1]}"
    n_faces = _write(path, kind)
    tracemalloc.start()
    try:
        mesh = read_mesh(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert mesh.n_faces == n_faces
    assert peak < MOST * path.stat().st_size


def test_corners_in_single_precision_are_told_apart_by_their_hash(tmp_path: Path, monkeypatch) -> None:
    """Sorting them instead takes four times as long and as much memory."""
    _write(tmp_path / "mesh.stl", "binary stl")
    hashed = []
    factorize = pd.factorize
    monkeypatch.setattr(pd, "factorize", lambda hashes: hashed.append(hashes) or factorize(hashes))
    read_mesh(tmp_path / "mesh.stl")
    lower = np.unique(hashed[0]) & np.uint64(2**29 - 1)
    assert len(np.unique(lower)) > 0.9 * len(lower)
