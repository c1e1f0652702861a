"""FaceScape's multi-view captures: some 60 photographs of a face, their cameras, and a mesh in the cameras' frame."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fsbench.core.errors import FormatError, MissingError
from fsbench.core.mesh import Floats
from fsbench.core.visible import visible
from fsbench.geometry.transforms import Similarity
from fsbench.io.names import named
from fsbench.io.text import read_json

PARAMS = "params.json"
PHOTO_SUFFIXES = (".jpg", ".jpeg", ".png")

_MAX_PARAMS_BYTES, _MAX_SCALES_BYTES = 8 << 20, 64 << 20
_KEY = re.compile(r"(\d{1,4})_([A-Za-z]{1,12})", re.ASCII)
_MOST_VIEWS = 1000
_LARGEST_PX, _LONGEST_PX = 20_000, 1e6
_SKEW_PX = 1e-3
_ORTHONORMAL = 1e-4
_MOST_DISTORTED = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """One camera of a capture: x_cam = R X + t, x right, y down, z forward.

    Attributes
    ----------
    view : int
        Its number, which is its photograph's name.
    K : ndarray, (3, 3)
        Pixels, where whole numbers are pixel centres, as OpenCV has it. No skew.
    rotation, translation : ndarray, (3, 3) and (3,)
        In the unit of the capture.
    distortion : ndarray, (5,)
        k1 k2 p1 p2 k3 of OpenCV.
    width, height : int
    """

    view: int
    K: Floats
    rotation: Floats
    translation: Floats
    distortion: Floats
    width: int
    height: int

    def project(self, points: Floats) -> Floats:
        """Pixels (n, 2) of points (n, 3) of the capture's frame in the undistorted photograph."""
        placed = points @ self.rotation.T + self.translation
        pixels: Floats = placed[:, :2] / placed[:, 2:] * np.diag(self.K)[:2] + self.K[:2, 2]
        return pixels


@dataclass(frozen=True, slots=True, eq=False)
class Capture:
    """The cameras of one face.

    Attributes
    ----------
    cameras : tuple of Camera
        By number.
    unreliable : tuple of int
        Views that the file itself calls not valid.
    damaged : mapping of int to str
        View to what is wrong with its numbers.
    notes : tuple of str
    """

    cameras: tuple[Camera, ...]
    unreliable: tuple[int, ...]
    damaged: Mapping[int, str]
    notes: tuple[str, ...]


def read_params(path: Path) -> Capture:
    """Read `params.json`: for every view v the keys `v_K`, `v_Rt`, `v_distortion`, `v_width`, `v_height`, `v_valid`.

    Nothing in the file is taken for a path: a view's photograph is found by its number.

    Raises
    ------
    MissingError
        If there is no such file.
    FormatError
        If it is no JSON of this form; a single damaged view is in `Capture.damaged`.
    """
    content = read_json(path, _MAX_PARAMS_BYTES)
    if not isinstance(content, dict):
        raise FormatError(f"{path}: holds a {type(content).__name__}, expected an object with 0_K, 0_Rt, ...")
    views: dict[int, dict[str, Any]] = {}
    odd: list[str] = []
    for key, value in content.items():
        parts = _KEY.fullmatch(key)
        if parts is None or str(int(parts[1])) != parts[1]:
            odd.append(key)
        else:
            views.setdefault(int(parts[1]), {})[parts[2]] = value
    if not 0 < len(views) <= _MOST_VIEWS:
        raise FormatError(f"{path}: describes {len(views)} views, expected 1 to {_MOST_VIEWS}, by keys as 0_K and 0_Rt")
    cameras, unreliable, damaged = [], [], {}
    for view in sorted(views):
        if views[view].get("valid", True) in (False, 0):
            unreliable.append(view)
            continue
        try:
            cameras.append(_camera(view, views[view]))
        except ValueError as error:
            damaged[view] = str(error)
    notes = (f"{path.name}: {len(odd)} keys are not understood, e.g. {visible(odd[0][:60])}",) if odd else ()
    return Capture(tuple(cameras), tuple(unreliable), damaged, notes)


def photo_of(folder: Path, view: int) -> Path:
    """The photograph of a view.

    Raises
    ------
    MissingError, FormatError
        If there is none, or more than one.
    """
    found = [path for suffix in PHOTO_SUFFIXES for path in named(folder, f"{view}{suffix}")]
    if not found:
        raise MissingError(f"{folder}: there is no photograph {view}.jpg of this view")
    if len(found) > 1:
        raise FormatError(f"{found[0]} and {found[1].name} could both be view {view}: leave one")
    return found[0]


@dataclass(frozen=True, slots=True, eq=False)
class Alignments:
    """Transforms from the captures' frames to the TU models', from `Rt_scale_dict.json`."""

    path: Path
    content: Mapping[str, Any]

    def tu_from_capture(self, subject: str, k: int) -> Similarity:
        """X_tu = R (s X) + t of a subject's expression k.

        Raises
        ------
        MissingError, FormatError
            If there is none, or its numbers are no similarity.
        """
        of_subject = self.content.get(subject)
        entry = of_subject.get(str(k)) if isinstance(of_subject, dict) else None
        if entry is None:
            raise MissingError(f"{self.path}: has no alignment of subject {subject}, expression {k}")
        try:
            if not isinstance(entry, list) or len(entry) != 2:
                raise ValueError("it is no pair [scale, Rt]")
            scale, pose = _numbers(entry[0], "the scale"), _numbers(entry[1], "Rt")
            if scale.shape not in ((), (1,)) or not scale.reshape(-1)[0] > 0:
                raise ValueError(f"the scale has shape {scale.shape} or is not positive")
            rotation, translation = _pose(pose)
        except ValueError as error:
            raise FormatError(f"{self.path}: subject {subject}, expression {k}: {error}") from None
        return Similarity(float(scale.reshape(-1)[0]), rotation, translation)


def read_alignments(path: Path) -> Alignments:
    """Read `Rt_scale_dict.json`, {subject: {expression: [scale, Rt (3, 4)]}}.

    Raises
    ------
    MissingError, FormatError
        If there is no such file, or it is no object.
    """
    content = read_json(path, _MAX_SCALES_BYTES)
    if not isinstance(content, dict) or not content:
        raise FormatError(f"{path}: holds no object with subjects, expected {{'1': {{'1': [scale, Rt], ...}}, ...}}")
    return Alignments(path, content)


def _camera(view: int, given: Mapping[str, Any]) -> Camera:
    """The camera of a view; ValueError if something is missing or wrong."""
    lost = [key for key in ("K", "Rt", "width", "height") if key not in given]
    if lost:
        raise ValueError(f"{view}_{lost[0]} is missing")
    width, height = (given[key] for key in ("width", "height"))
    if not all(
        type(size) in (int, float) and size == int(size) and 0 < size <= _LARGEST_PX for size in (width, height)
    ):
        raise ValueError(f"its size is {str(width)[:20]} x {str(height)[:20]}, expected pixels")
    distortion = _numbers(given.get("distortion", [0.0] * 5), "distortion").reshape(-1)
    if len(distortion) not in (4, 5) or np.abs(distortion).max() > _MOST_DISTORTED:
        raise ValueError(f"its distortion is {distortion.tolist()[:8]}, expected k1 k2 p1 p2 k3")
    rotation, translation = _pose(_numbers(given["Rt"], "Rt"))
    padded = np.concatenate([distortion, np.zeros(5 - len(distortion))])
    K = _matrix(_numbers(given["K"], "K"))
    return Camera(view, K, rotation, translation, padded, int(width), int(height))


def _matrix(found: Floats) -> Floats:
    """K (3, 3) from a file's (3, 3), (3, 4) or (4, 4)."""
    if found.shape not in ((3, 3), (3, 4), (4, 4)):
        raise ValueError(f"K has shape {found.shape}, expected (3, 3) or (4, 4)")
    K = found[:3, :3].copy()
    if not (0 < K[0, 0] < _LONGEST_PX and 0 < K[1, 1] < _LONGEST_PX) or np.abs(K[:2, 2]).max() > _LARGEST_PX:
        raise ValueError(f"K is {K.tolist()}, expected focal lengths and a principal point in pixels")
    if np.abs([K[1, 0], K[2, 0], K[2, 1]]).max() > 0 or K[2, 2] != 1:
        raise ValueError(f"K is {K.tolist()}, expected [[fx, 0, cx], [0, fy, cy], [0, 0, 1]]")
    if abs(K[0, 1]) > _SKEW_PX:
        raise ValueError(f"K has a skew of {K[0, 1]:g} px; cameras with skew are not used")
    K[0, 1] = 0.0
    return K


def _pose(found: Floats) -> tuple[Floats, Floats]:
    """Rotation and translation from (3, 4) or (4, 4); ValueError if it is no rotation."""
    if found.shape not in ((3, 4), (4, 4)):
        raise ValueError(f"Rt has shape {found.shape}, expected (3, 4)")
    rotation = found[:3, :3]
    if np.abs(rotation @ rotation.T - np.eye(3)).max() > _ORTHONORMAL or np.linalg.det(rotation) < 0:
        raise ValueError(f"Rt begins with {np.round(rotation, 4).tolist()}, which is no rotation")
    u, _, vt = np.linalg.svd(rotation)
    return u @ vt, found[:3, 3].copy()


def _numbers(value: Any, what: str) -> Floats:
    try:
        found = np.array(value, np.float64)
    except (ValueError, TypeError, OverflowError):
        raise ValueError(f"{what} is {str(value)[:60]}, expected numbers") from None
    if found.ndim > 2 or found.size > 16 or not found.size or not np.isfinite(found).all():
        raise ValueError(f"{what} has shape {found.shape}, or a number that is not finite")
    return found
