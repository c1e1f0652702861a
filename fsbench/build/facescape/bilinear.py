"""FaceScape's bilinear models: a face from numbers for a person and weights of 51 blendshapes.

The stored core holds absolute expressions. A face is B_0(a) + sum_e w_e (B_e(a) - B_0(a)), with B_e(a) = sum_k
core[:, e, k] a_k: the blendshapes depend on the person (facescape_bm.py in zhuhao-nju/facescape, toolkit/src). The
core is read piece by piece, as it takes up to 5 GB; of one person 33 MB stay.
"""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fsbench.build.facescape.tu import TuTopology
from fsbench.core.errors import FormatError, MissingError
from fsbench.core.mesh import Floats, Ints
from fsbench.geometry.face_points import doubts_about_face
from fsbench.io import read_mesh
from fsbench.io.npy import read_array
from fsbench.io.npz import Npz, Rows, open_npy_rows, open_npz
from fsbench.io.obj_uv import TextureMap, read_uv

N_EXPRESSIONS = 52
"""Neutral and 51 blendshapes."""
V16_VERTICES = 26278

_CORE = re.compile(r"core_(\d{1,5})_(\d{1,4})_(\d{1,4})\.npy")
_OLD = re.compile(r"v1[._]0(?!\d)", re.IGNORECASE)
_MOST_FACTORS = 2000
_SMALL_BYTES = 64 << 20
_SHAPE = "shape_bm_core"


@dataclass(frozen=True, slots=True, eq=False)
class BilinearModel:
    """A model on disk, without its core.

    Attributes
    ----------
    path : Path
        The `.npz`, or the core's `.npy`.
    version : str
        "1.6", or "1.1 to 1.3", whose files do not say which.
    n_vertices : int
    triangles : ndarray, (F, 3)
    texture : TextureMap
    landmarks : ndarray of int, (68,)
    mean, sd : ndarray, (K,)
        Of the numbers of people.
    subjects : ndarray, (S, K), or None
        Those of FaceScape's subjects.
    """

    path: Path
    version: str
    n_vertices: int
    triangles: Ints
    texture: TextureMap
    landmarks: Ints
    mean: Floats
    sd: Floats
    subjects: Floats | None = None

    def drawn(self, seed: int, number: int) -> Floats:
        """Numbers (K,) of a random person, a ~ N(mean, sd^2)."""
        found: Floats = np.random.default_rng([seed, number]).normal(self.mean, self.sd)
        return found

    def person(self, a: Floats) -> Floats:
        """Neutral face and the offsets of the blendshapes from it, (52, V, 3), of numbers (K,).

        Raises
        ------
        FormatError
            If the core is damaged, or holds a number that is not finite.
        """
        with self._core() as core:
            faces = _by_vertices(core, a) if core.stored[0] == 3 * self.n_vertices else _by_factors(core, a)
        if not np.isfinite(faces).all():
            raise FormatError(f"{self.path}: the core holds a number that is not finite")
        shaped = faces.reshape(N_EXPRESSIONS, self.n_vertices, 3)
        shaped[1:] -= shaped[0]
        return shaped

    def _core(self) -> AbstractContextManager[Rows]:
        return open_npy_rows(self.path) if self.version != "1.6" else _core_of_npz(self.path)


def open_bilinear(path: Path, topology: TuTopology | None = None) -> BilinearModel | None:
    """Open a model: the `.npz` of version 1.6, or the folder or core of an older one; None if it is neither.

    Parameters
    ----------
    path : Path
    topology : TuTopology, optional
        Another one than FaceScape's; version 1.6 has its own landmarks.

    Raises
    ------
    MissingError, FormatError
        If a file is missing or damaged, or it is a model that is refused: 1.0, which counts subjects differently, and
        those whose expressions are no blendshapes (`_id_exp`).
    """
    core = _core_in(path) if path.is_dir() else path if _CORE.fullmatch(path.name) else None
    if core is None and path.suffix.lower() != ".npz":
        return None
    named = core or path
    if "_id_exp" in named.name.lower():
        raise FormatError(
            f"{named}: the expressions of an _id_exp model are components without a meaning, no blendshapes: use "
            "facescape_bm_v1.6_847_50_52_id_front.npz or another _id"
        )
    if any(_OLD.search(part) for part in named.absolute().parts[-3:]):
        raise FormatError(f"{named}: version 1.0 counts subjects differently: use 1.2, 1.3 or 1.6")
    if core is None:
        return _version_16(path, topology.n_vertices if topology else V16_VERTICES)
    return _version_1(core, topology or TuTopology.facescape())


def _core_in(folder: Path) -> Path | None:
    cores = sorted(path for path in folder.iterdir() if _CORE.fullmatch(path.name))
    if len(cores) > 1:
        raise FormatError(f"{cores[0]} and {cores[1].name} are two models: name one")
    return cores[0] if cores else None


def _version_16(path: Path, n_vertices: int) -> BilinearModel:
    with open_npz(path) as archive:
        with archive.rows(_SHAPE) as core:
            _refuse_shape(core, (3 * n_vertices, N_EXPRESSIONS), core.shape[:2])
            n_factors = core.shape[2] if len(core.shape) == 3 else 0
        triangles = _one_based(archive, "fv_indices", n_vertices)
        uv = _small(archive, "texcoords").reshape(-1, 2)
        texture = TextureMap(uv, _one_based(archive, "ft_indices", len(uv)))
        marks = _small(archive, "lm_list_v16").reshape(-1).astype(np.int64)
        mean = _small(archive, "id_mean").reshape(-1)
        sd = np.sqrt(np.maximum(_small(archive, "id_var").reshape(-1), 0))
    if len(texture.corners) != len(triangles):
        raise FormatError(f"{path}: has {len(triangles)} triangles and {len(texture.corners)} in its texture")
    if not 0 < n_factors <= _MOST_FACTORS or len(mean) != n_factors or len(sd) != n_factors:
        raise FormatError(
            f"{path}: the core has {n_factors} numbers a person, id_mean {len(mean)} and id_var {len(sd)}"
        )
    if len(marks) != 68 or marks.min() < 0 or marks.max() >= n_vertices:
        raise FormatError(f"{path}: lm_list_v16 holds {len(marks)} numbers, expected 68 of {n_vertices} vertices")
    return BilinearModel(path, "1.6", n_vertices, triangles, texture, marks, mean, sd)


def _version_1(core_path: Path, topology: TuTopology) -> BilinearModel:
    n_vertices = topology.n_vertices
    with open_npy_rows(core_path) as core:
        _refuse_shape(core, (N_EXPRESSIONS, 3 * n_vertices), core.shape[1:])
        n_factors = core.shape[0]
    path = core_path.with_name(core_path.name.replace("core_", "factors_id_", 1))
    factors = read_array(path, _SMALL_BYTES)
    if factors.ndim != 2 or factors.shape[1] != n_factors or factors.dtype.kind != "f" or len(factors) < 2:
        raise FormatError(f"{path}: holds {factors.dtype} of shape {factors.shape}, expected (subjects, {n_factors})")
    subjects = factors.astype(np.float64)
    if not np.isfinite(subjects).all():
        raise FormatError(f"{path}: holds a number that is not finite")
    template = next((p for p in sorted(core_path.parent.iterdir()) if p.suffix.lower() == ".obj"), None)
    if template is None:
        raise MissingError(
            f"{core_path.parent}: the model has no triangles: put an .obj of any TU model (models_reg) beside it"
        )
    mesh = read_mesh(template, every_vertex=True)
    if mesh.n_vertices != n_vertices:
        raise FormatError(f"{template}: has {mesh.n_vertices} vertices, the model {n_vertices}")
    marks = np.array(topology.landmarks)
    mean, sd = subjects.mean(0), subjects.std(0)
    return BilinearModel(core_path, "1.1 to 1.3", n_vertices, mesh.faces, read_uv(template), marks, mean, sd, subjects)


def _refuse_shape(core: Rows, expected: tuple[int, int], found: tuple[int, ...]) -> None:
    if len(core.shape) == 3 and found == expected:
        return
    of = f"({expected[0]}, {expected[1]}, K)" if found == core.shape[:2] else f"(K, {expected[0]}, {expected[1]})"
    raise FormatError(f"{core.path}: has shape {core.shape}, expected {of}: is it of another version?")


@contextmanager
def _core_of_npz(path: Path) -> Iterator[Rows]:
    with open_npz(path) as archive, archive.rows(_SHAPE) as core:
        yield core


def _by_vertices(core: Rows, a: Floats) -> Floats:
    """Absolute expressions (52, 3 V) from a core (3 V, 52, K)."""
    found = np.empty((N_EXPRESSIONS, core.stored[0]))
    for first, piece in core.pieces():
        found[:, first : first + len(piece)] = (piece @ a.astype(piece.dtype)).T
    return found


def _by_factors(core: Rows, a: Floats) -> Floats:
    """Absolute expressions (52, 3 V) from a core (K, 52, 3 V)."""
    found = np.zeros(core.stored[1:])
    for first, piece in core.pieces():
        found += np.tensordot(a[first : first + len(piece)].astype(piece.dtype), piece, 1)
    return found


def _small(archive: Npz, name: str) -> Floats:
    """A small array of real numbers, also if it was pickled as a list."""
    found: npt.NDArray[np.generic] = np.asarray(archive.parameters(name, _SMALL_BYTES))
    if found.dtype.kind not in "fiu" or not found.size or not np.isfinite(found.astype(np.float64)).all():
        raise FormatError(f"{archive.path}: {name} holds {found.dtype}, or a number that is not finite")
    return found.astype(np.float64)


def _one_based(archive: Npz, name: str, n: int) -> Ints:
    """Triangles (F, 3) that count from 1; quads are cut."""
    found = _small(archive, name).astype(np.int64)
    if found.ndim != 2 or found.shape[1] not in (3, 4) or found.min() < 1 or found.max() > n:
        raise FormatError(
            f"{archive.path}: {name} has shape {found.shape} and numbers {found.min()} to {found.max()}, expected "
            f"corners of triangles from 1 to {n}"
        )
    cut = found if found.shape[1] == 3 else found[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3)
    return np.ascontiguousarray(cut) - 1


def refuse_odd_landmarks(model: BilinearModel, neutral: Floats) -> None:
    """Raise FormatError if the landmarks of a face (V, 3) are none in iBUG's order."""
    if doubts := doubts_about_face(neutral[model.landmarks], neutral):
        raise FormatError(f"{model.path}: its landmarks are no face in iBUG's order: {'; '.join(doubts)}")
