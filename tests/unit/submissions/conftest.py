"""A face-sized mesh that is nothing but itself, and a way to write it down."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

Writer = Callable[..., Path]

FACES = np.array([[0, 1, 2], [0, 2, 3], [0, 3, 4], [1, 4, 2]])


@pytest.fixture
def ortho() -> np.ndarray:
    """Five points in the ortho frame, off centre, with distinct extents and a mean depth that is not 0."""
    return np.array([[0.1, 0.2, 0.5], [-0.3, 0.4, 0.1], [0.4, -0.5, 0.2], [0.2, 0.1, -0.3], [-0.2, -0.1, 0.4]])


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    """Write vertices (and faces) as an OBJ in a folder of predictions; gives the folder."""

    def write_obj(vertices: np.ndarray, faces: np.ndarray = FACES, name: str = "000.obj") -> Path:
        lines = [f"v {x!r} {y!r} {z!r}" for x, y, z in np.asarray(vertices, np.float64).tolist()]
        lines += [f"f {a} {b} {c}" for a, b, c in (np.asarray(faces) + 1).tolist()]
        (tmp_path / name).write_text("\n".join(lines) + "\n")
        return tmp_path

    return write_obj
