"""Surface: rays and closest points for checks, pictures and the sample. The only place that knows open3d.

No score rests on it: it answers in single precision, and its versions differ.
"""

import ctypes
import importlib
import platform
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property, partial
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType
from typing import Any

import numpy as np

from fsbench.core.errors import MeshError, UsageError
from fsbench.core.mesh import Floats, Ints, Mask, Mesh

NO_FACE = -1
_MISS = np.uint32(0xFFFFFFFF)
_THREADS = 1
"""Samples run side by side, each on one core."""


@cache
def load_backend() -> ModuleType:
    """Import open3d, which takes half a second.

    Raises
    ------
    UsageError
        If it is not installed, or does not load.
    """
    try:
        if sys.platform == "linux":
            _load_libusb()
        with _interrupts_later(), _without_plotting():
            import open3d
    except (ImportError, OSError) as error:
        is_x86_linux = sys.platform == "linux" and platform.machine() == "x86_64"
        raise UsageError(
            f"open3d cannot be loaded ({error}): checks, pictures and the sample need it, scores do not; "
            f"install it with: pip install {'open3d-cpu' if is_x86_linux else 'open3d'}"
        ) from error
    return open3d


def preload_open3d() -> None:
    """Import open3d as fsbench does, for scripts that import it themselves on machines without libusb.

    Call it before `import open3d`.
    """
    load_backend()


def is_available() -> bool:
    """Whether `Surface` can work."""
    try:
        load_backend()
    except UsageError:
        return False
    return True


def _load_libusb() -> None:
    """Load the libusb-1.0 that open3d links against, or our own if the system has none."""
    try:
        ctypes.CDLL("libusb-1.0.so.0", mode=ctypes.RTLD_GLOBAL)
    except OSError:
        import libusb_package

        ctypes.CDLL(str(libusb_package.get_library_path()), mode=ctypes.RTLD_GLOBAL)


@contextmanager
def _interrupts_later() -> Iterator[None]:
    """Let Ctrl-C wait for the end of the block: a compiled module that is broken off makes an ImportError of it.

    Not by a mask of signals, which other threads of the process, as numpy starts them, do not share.
    """
    handler = signal.getsignal(signal.SIGINT)
    if handler is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if came:
            signal.raise_signal(signal.SIGINT)


_PLOTTING = "open3d.visualization.draw_plotly"


@contextmanager
def _without_plotting() -> Iterator[None]:
    """Spare open3d's import its own import of a web server, which takes longer than all the rest.

    Its plotting functions work still: they are imported when one of them is called.
    """
    if _PLOTTING in sys.modules:
        yield
        return
    module = ModuleType(_PLOTTING)
    module.__getattr__ = lambda name: partial(_plot, name)  # type: ignore[method-assign]
    sys.modules[_PLOTTING] = module
    try:
        yield
    finally:
        del sys.modules[_PLOTTING]


def _plot(name: str, *args: Any, **kwargs: Any) -> Any:
    return getattr(importlib.import_module(_PLOTTING), name)(*args, **kwargs)


def open3d_version() -> str:
    """Version of open3d, without importing it, which takes half a second; "not installed" if it is missing."""
    for name in ("open3d-cpu", "open3d"):
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return "not installed"


@dataclass(frozen=True, slots=True)
class Hits:
    """Answers to n rays: `distances` (n,) in lengths of the direction; a miss is inf, its face -1; `faces` (n,)."""

    distances: Floats
    faces: Ints

    @property
    def found(self) -> Mask:
        """Rays that hit something, (n,)."""
        found: Mask = self.faces != NO_FACE
        return found


@dataclass(frozen=True, slots=True)
class Closest:
    """Answers to n points: nearest surface `points` (n, 3), their `faces` (n,), the `distances` (n,) to them."""

    points: Floats
    faces: Ints
    distances: Floats


class Surface:
    """A mesh's triangles in a search tree.

    The tree works in float32. Coordinates of a few hundred millimetres leave about 1e-5 mm; put the
    origin near the shape when more is needed.

    Parameters
    ----------
    mesh : Mesh
        At least one triangle. Vertices that no triangle uses play no part.

    Raises
    ------
    MeshError
        If the mesh has no triangle: the tree would answer with the origin.
    """

    def __init__(self, mesh: Mesh) -> None:
        if mesh.n_faces == 0:
            raise MeshError(f"the mesh has {mesh.n_vertices} vertices but no faces: a point cloud has no surface")
        o3d = load_backend()
        self.mesh = mesh
        self._tensor = o3d.core.Tensor.from_numpy
        self._scene = o3d.t.geometry.RaycastingScene(nthreads=_THREADS)
        vertices = np.ascontiguousarray(mesh.vertices, np.float32)
        if not np.isfinite(vertices).all():
            raise MeshError("coordinates are beyond 3e38, the largest that single precision holds")
        self._scene.add_triangles(self._tensor(vertices), self._tensor(np.ascontiguousarray(mesh.faces, np.uint32)))

    @cached_property
    def corners(self) -> Floats:
        """Corners of the box around all vertices, (8, 3)."""
        low, high = self.mesh.vertices.min(0), self.mesh.vertices.max(0)
        return np.array(np.meshgrid(*zip(low, high, strict=True))).reshape(3, -1).T

    def _rays(self, origins: Floats, directions: Floats):  # type: ignore[no-untyped-def]
        rays = np.empty((max(len(origins), len(directions)), 6), np.float32)
        rays[:, :3], rays[:, 3:] = origins, directions
        return self._tensor(rays)

    def first_hits(self, origins: Floats, directions: Floats) -> Hits:
        """Nearest hit of every ray, whichever way the triangle faces.

        Parameters
        ----------
        origins, directions : (n, 3) or (3,)
            Directions need not be unit vectors; distances count in their lengths.
        """
        answer = self._scene.cast_rays(self._rays(np.atleast_2d(origins), np.atleast_2d(directions)), _THREADS)
        return Hits(answer["t_hit"].numpy().astype(np.float64), self._face_ids(answer["primitive_ids"].numpy()))

    def first_front_hits(self, origins: Floats, directions: Floats) -> Hits:
        """Nearest hit of every ray on a triangle that faces it (corners counter-clockwise as seen from the origin)."""
        origins, directions = np.broadcast_arrays(np.atleast_2d(origins), np.atleast_2d(directions))
        hits = self.first_hits(origins, directions)
        rays = np.flatnonzero(hits.found)
        behind = rays[(self.mesh.face_normals(hits.faces[rays]) * directions[rays]).sum(1) >= 0]
        if not len(behind):
            return hits
        distances, faces = hits.distances.copy(), hits.faces.copy()
        distances[behind], faces[behind] = np.inf, NO_FACE
        ray, t, face = self._all_hits(origins[behind], directions[behind])
        front = (self.mesh.face_normals(face) * directions[behind][ray]).sum(1) < 0
        ray, t, face = ray[front], t[front], face[front]
        order = np.argsort(-t, kind="stable")
        distances[behind[ray[order]]], faces[behind[ray[order]]] = t[order], face[order]
        return Hits(distances, faces)

    def _all_hits(self, origins: Floats, directions: Floats) -> tuple[Ints, Floats, Ints]:
        """Every hit of every ray: (ray index, distance, face), each (hits,)."""
        answer = self._scene.list_intersections(self._rays(origins, directions), _THREADS)
        return (
            answer["ray_ids"].numpy().astype(np.int64),
            answer["t_hit"].numpy().astype(np.float64),
            self._face_ids(answer["primitive_ids"].numpy()),
        )

    def closest(self, points: Floats) -> Closest:
        """Nearest point of the surface for every point, (n, 3)."""
        query = np.ascontiguousarray(points, np.float32)
        answer = self._scene.compute_closest_points(self._tensor(query), _THREADS)
        nearest = answer["points"].numpy().astype(np.float64)
        return Closest(
            nearest,
            self._face_ids(answer["primitive_ids"].numpy()),
            np.linalg.norm(nearest - points, axis=1),
        )

    def _face_ids(self, ids: np.ndarray) -> Ints:
        faces = ids.astype(np.int64)
        faces[ids == _MISS] = NO_FACE
        if len(faces) and faces.max() >= self.mesh.n_faces:
            raise RuntimeError(f"the tree names face {faces.max()} of {self.mesh.n_faces}")
        return faces
