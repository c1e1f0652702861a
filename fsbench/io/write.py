"""Writing meshes: OBJ as text, PLY as little-endian binary."""

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fsbench.core.errors import UsageError
from fsbench.core.mesh import Mesh

_ROWS = 1 << 15
"""Rows formatted at once, which limits the memory and the format string."""


def write_obj(path: str | os.PathLike[str], mesh: Mesh, decimals: int = 6) -> None:
    """Write an OBJ file of `v` and `f` lines.

    Parameters
    ----------
    path : path
        The file; replaced if it exists.
    mesh : Mesh
        What to write.
    decimals : int, optional
        Digits after the dot.

    Raises
    ------
    UsageError
        If the file cannot be written.
    """
    v_line = f"v %.{decimals}f %.{decimals}f %.{decimals}f\n"
    try:
        with Path(path).open("w", encoding="ascii", newline="\n") as file:
            for rows, line in ((mesh.vertices, v_line), (mesh.faces + 1, "f %d %d %d\n")):
                for start in range(0, len(rows), _ROWS):
                    block = rows[start : start + _ROWS]
                    file.write(line * len(block) % tuple(block.ravel().tolist()))
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error}") from error


def write_ply(
    path: str | os.PathLike[str],
    mesh: Mesh,
    colors: npt.ArrayLike | None = None,
    quality: npt.ArrayLike | None = None,
) -> None:
    """Write a binary PLY file; positions in double precision, so that `read_ply` gives the same mesh.

    Parameters
    ----------
    path : path
        The file; replaced if it exists.
    mesh : Mesh
        What to write.
    colors : array_like of int in [0, 255], (V, 3) or (V, 4), optional
        Red, green, blue (and alpha) of each vertex.
    quality : array_like, (V,), optional
        A number for each vertex, written as float32 `quality`, by which viewers can colour.

    Raises
    ------
    UsageError
        If an array does not have a row for each vertex, a colour is outside [0, 255], or the file cannot be written.
    """
    content = ply_bytes(mesh, colors, quality)
    try:
        Path(path).write_bytes(content)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error}") from error


def ply_bytes(
    mesh: Mesh, colors: npt.ArrayLike | None = None, quality: npt.ArrayLike | None = None, *, single: bool = False
) -> bytes:
    """The content of a binary PLY file, see `write_ply`; `single`: positions in single precision."""
    kind, code = ("float", "<f4") if single else ("double", "<f8")
    n = mesh.n_vertices
    columns: list[tuple[str, str, str, npt.NDArray[np.generic]]] = [
        (axis, kind, code, mesh.vertices[:, i]) for i, axis in enumerate("xyz")
    ]
    if colors is not None:
        rgb = np.asarray(colors)
        if rgb.shape not in ((n, 3), (n, 4)) or rgb.dtype.kind not in "iu" or rgb.min() < 0 or rgb.max() > 255:
            raise UsageError(
                f"colors are {rgb.dtype} of shape {rgb.shape}, expected 0..255 of shape ({n}, 3) or ({n}, 4)"
            )
        names = ("red", "green", "blue", "alpha")[: rgb.shape[1]]
        columns += [(name, "uchar", "u1", rgb[:, i]) for i, name in enumerate(names)]
    if quality is not None:
        if np.shape(quality) != (n,):
            raise UsageError(f"quality has shape {np.shape(quality)}, expected ({n},)")
        columns.append(("quality", "float", "<f4", np.asarray(quality)))
    vertices = np.empty(n, [(name, code) for name, _, code, _ in columns])
    for name, _, _, values in columns:
        vertices[name] = values
    faces = np.empty(mesh.n_faces, [("size", "u1"), ("corners", "<i4", 3)])
    faces["size"], faces["corners"] = 3, mesh.faces
    lines = ["ply", "format binary_little_endian 1.0", f"element vertex {n}"]
    lines += [f"property {kind} {name}" for name, kind, _, _ in columns]
    lines += [f"element face {mesh.n_faces}", "property list uchar int vertex_indices", "end_header", ""]
    return "\n".join(lines).encode("ascii") + vertices.tobytes() + faces.tobytes()
