"""Write FACES and meshes to try the protocol on: the same faces, with noses of the meshes 1 mm and more too long."""

from pathlib import Path

import numpy as np

from fsbench import Mesh
from fsbench.io import write_ply

SIDE = 61  # vertices a row
# Corners of the mouth and the eyes, the tip of the nose in row 4, chin and forehead.
ROWS = np.array([(40, 20), (40, 40), (20, 15), (20, 45), (30, 30), (58, 30), (2, 30)])


def face(width_mm: float, nose_mm: float) -> Mesh:
    """The front of an ellipsoid with a nose, in mm: x right, y up, z towards the viewer."""
    y, x = np.mgrid[1 : -1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    z = 90 * np.sqrt(1.2 - x**2 / 2 - y**2 / 2) + nose_mm * np.exp(-60 * (x**2 + y**2))
    corner = (np.arange(SIDE - 1)[:, None] * SIDE + np.arange(SIDE - 1)).ravel()
    below, right = corner + SIDE, corner + 1
    faces = np.concatenate([np.stack([corner, below, right], 1), np.stack([right, below, below + 1], 1)])
    return Mesh(np.stack([width_mm / 2 * x, 90 * y, z], -1).reshape(-1, 3), faces)


def write(folder: Path, mesh: Mesh) -> None:
    """The mesh, and its landmarks beside it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    write_ply(folder.with_suffix(".ply"), mesh)
    np.savetxt(folder.with_suffix(".txt"), mesh.vertices[ROWS @ [SIDE, 1]])


for number, name in enumerate(("ann", "bea", "cem")):
    for view, turned_deg in (("front", 0), ("side", 60)):
        angle = np.deg2rad(turned_deg)
        turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
        true, longer = face(140 + 5 * number, 25), face(140 + 5 * number, 26 + number)
        write(Path("FACES", name, view), true)
        write(Path("meshes", name, view), Mesh(longer.vertices @ turn.T, longer.faces))
