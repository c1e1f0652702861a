"""Tuples made elsewhere: a folder with an image, a mesh and its camera, put into pupil-normalised mm."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fsbench.build.render import AnyCamera, Image, View
from fsbench.build.tuples import CAMERA, PUPIL_UNIT, WORLD
from fsbench.build.views import PUPIL_DISTANCE_MM
from fsbench.core.errors import FormatError
from fsbench.core.mesh import Floats, Mesh
from fsbench.core.visible import visible
from fsbench.geometry.cameras import ORTHO_FROM_CV, OrthographicCamera, PinholeCamera
from fsbench.geometry.face_points import SEVEN
from fsbench.geometry.procrustes import fit_landmarks
from fsbench.io import read_mesh
from fsbench.io.folders import landmarks_called, the_one
from fsbench.io.images import IMAGE_SUFFIXES, read_rgb
from fsbench.io.landmark_places import read_places
from fsbench.io.text import read_json

# NoW's seven landmarks on the average head of the embedded sample (CC0), y up, +z out of the face, mm.
_SEVEN_MM = np.array(
    [
        [-46.1, 28.9, 74.7],
        [-17.5, 25.6, 79.6],
        [17.5, 25.6, 79.6],
        [46.1, 28.9, 74.7],
        [0.0, -22.6, 99.0],
        [-26.4, -44.6, 87.3],
        [26.4, -44.6, 87.3],
    ]
)
_LARGEST_TURN_DEG = 25.0
_LARGEST_SKEW = 1e-3
_SHIFT_UNITS = 10.0
"""Depth of a head before an orthographic camera, as in FaceScape's benchmark; it moves no pixel."""


@dataclass(frozen=True, slots=True, eq=False)
class Foreign:
    """A tuple before its camera.

    Attributes
    ----------
    name : str
        Of its folder.
    view : View
        Rotation and translation place the head frame, mm.
    mesh : Mesh
        Camera frame, mm.
    image : ndarray of uint8, (H, W, 3)
    landmarks : ndarray, (68, 3), optional
        Camera frame, mm.
    about : mapping
        What its source.json says; empty without one.
    notes : tuple of str
    """

    name: str
    view: View
    mesh: Mesh
    image: Image
    landmarks: Floats | None
    about: Mapping[str, Any]
    notes: tuple[str, ...]


def tuple_folders(root: Path) -> list[Path]:
    """Folders with a camera.json below a root, in order."""
    return sorted(path.parent for path in root.rglob("camera.json") if path.is_file())


def read_tuple(folder: Path, name: str) -> Foreign:
    """Read camera.json, image.*, mesh.obj or .ply; and landmarks.json, pupils.json and source.json if they are there.

    camera.json has `model` ("pinhole" or "orthographic"), for a pinhole `K` (3, 3), `width` and `height` of the image,
    `mesh_frame` ("camera", or "world" if `Rt` (3, 4) takes the mesh before the camera), and `pixel_centre`, where the
    first pixel's middle is in K: 0.5, or 0 as in OpenCV. With "camera", `Rt` is the pose of the head, if it is there.

    Raises
    ------
    FsbenchError
        If something is missing, damaged, or does not fit together.
    """
    content = read_json(folder / "camera.json")
    if not isinstance(content, dict):
        raise FormatError(f"{folder / 'camera.json'}: holds no object with model, K, Rt, width and height")
    image = read_rgb(_one(folder, "image", IMAGE_SUFFIXES))
    height, width = image.shape[:2]
    stated = (content.get("width", width), content.get("height", height))
    if stated != (width, height):
        theirs = " x ".join(visible(side)[:20] for side in stated)
        found = f"the image has {width} x {height} pixels, its camera {theirs}"
        raise FormatError(f"{folder}: {found}: is one of them resized or turned?")
    path = _one(folder, "mesh", (".obj", ".ply"))
    raw = read_mesh(path)
    if not raw.n_faces:
        raise FormatError(f"{path}: has no faces: a point cloud has no surface")
    marks, pupils = _points(folder, path, content)
    Rt = _pose(folder, content)
    frame = content.get("mesh_frame")
    if frame not in (CAMERA, WORLD) and (frame is not None or Rt is not None):
        raise FormatError(
            f'{folder}: mesh_frame is {visible(repr(frame)[:40])}, expected "{CAMERA}" if the mesh is before its '
            f'camera already, "{WORLD}" if Rt takes it there'
        )
    if frame == WORLD and Rt is None:
        raise FormatError(f'{folder}: mesh_frame is "{WORLD}", but there is no Rt')
    mm = _mm_per_unit(folder, content, marks, pupils)
    vertices, marks = (None if p is None else _before(p, Rt if frame == WORLD else None) for p in (raw.vertices, marks))
    assert vertices is not None, "a mesh has vertices"
    model, camera = _camera(folder, content, mm, width, height)
    notes: tuple[str, ...] = ()
    shift = np.zeros(3)
    if model == "orthographic" and vertices[:, 2].max() >= 0:
        shift[2] = -_SHIFT_UNITS - vertices[:, 2].mean()
        notes = ("its mesh reached behind the camera's plane, and was moved back, which moves no pixel",)
    mesh = Mesh((vertices + shift) * mm, raw.faces)
    marks_mm = None if marks is None else (marks + shift) * mm
    rotation, more = _head_rotation(folder, model, Rt, marks_mm)
    kept = Rt is not None and frame == CAMERA and np.array_equal(rotation, Rt[:, :3])
    centre, off = _centre(mesh, (Rt[:, 3] + shift) * mm if Rt is not None and kept else None)
    view = View(camera, rotation, centre, width, height)
    view.refuse_too_near(mesh.vertices)
    about = read_json(folder / "source.json") if (folder / "source.json").is_file() else {}
    return Foreign(name, view, mesh, image, marks_mm, about if isinstance(about, dict) else {}, (*notes, *more, *off))


def _centre(mesh: Mesh, stated: Floats | None) -> tuple[Floats, tuple[str, ...]]:
    """Centre of the head in the mesh's frame: as stated, if it can be inside the head of which the mesh is a part."""
    low, high = mesh.vertices.min(0), mesh.vertices.max(0)
    if stated is None:
        return mesh.vertices.mean(0), ()
    away = float(np.linalg.norm(stated - (low + high) / 2))
    if away <= np.linalg.norm(high - low):
        return stated, ()
    return mesh.vertices.mean(0), (
        f"the translation of its Rt is {away:.0f} mm off the mesh: its centre is the mesh's",
    )


def _one(folder: Path, stem: str, suffixes: tuple[str, ...]) -> Path:
    found = sorted(path for path in folder.iterdir() if path.stem == stem and path.suffix.lower() in suffixes)
    if len(found) != 1:
        raise FormatError(f"{folder}: has {len(found)} files {stem} with one of {', '.join(suffixes)}, expected one")
    return found[0]


def _points(folder: Path, mesh: Path, camera: Mapping[str, Any]) -> tuple[Floats | None, Floats | None]:
    """Landmarks (68, 3) and pupils (2, 3) in the mesh's frame and unit."""
    file, other = (the_one(landmarks_called(folder, name)) for name in ("landmarks", "pupils"))
    marks = None if file is None else _landmarks(file, mesh, camera)
    pupils = None if other is None else read_places(other).on(mesh)
    if marks is not None and len(marks) != 68:
        raise FormatError(f"{file}: holds {len(marks)} points, expected iBUG's 68")
    if pupils is not None and len(pupils) != 2:
        raise FormatError(f"{other}: holds {len(pupils)} points, expected the right and the left pupil")
    return marks, pupils


def _landmarks(path: Path, mesh: Path, camera: Mapping[str, Any]) -> Floats:
    """Landmarks as any file has them, or as `fsbench build` writes them."""
    content = read_json(path) if path.suffix.lower() == ".json" else None
    if not isinstance(content, dict):
        return read_places(path).on(mesh)
    try:
        points = np.array(content["points_mm"], np.float64).reshape(-1, 3) / float(camera["mm_per_unit"])
    except (LookupError, TypeError, ValueError, ArithmeticError):
        raise FormatError(f"{path}: expected a list of points, or points_mm with mm_per_unit in camera.json") from None
    if not np.isfinite(points).all():
        raise FormatError(f"{path}: a point is not finite")
    return points


def _pose(folder: Path, content: Mapping[str, Any]) -> Floats | None:
    if content.get("Rt") is None:
        return None
    Rt = _matrix(folder, content, "Rt", (3, 4))
    off = np.abs(Rt[:, :3] @ Rt[:, :3].T - np.eye(3)).max()
    if off > _LARGEST_SKEW or np.linalg.det(Rt[:, :3]) < 0:
        raise FormatError(f"{folder}: Rt is no rotation: it stretches by {off:.2g}, or mirrors")
    return Rt


def _matrix(folder: Path, content: Mapping[str, Any], key: str, shape: tuple[int, int]) -> Floats:
    try:
        found = np.array(content[key], np.float64)
    except (LookupError, TypeError, ValueError, OverflowError):
        found = np.empty(0)
    if found.shape != shape or not np.isfinite(found).all():
        raise FormatError(f"{folder}: camera.json has no finite {key} of shape {shape}")
    return found


def _camera(folder: Path, content: Mapping[str, Any], mm: float, width: int, height: int) -> tuple[str, AnyCamera]:
    model = content.get("model", "pinhole")
    if model == "orthographic":
        if width != height:
            found = f"the image has {width} x {height} pixels"
            raise FormatError(f"{folder}: {found}; before an orthographic camera it is square")
        return "orthographic", OrthographicCamera(mm)
    if model != "pinhole":
        raise FormatError(f"{folder}: model is {visible(repr(model)[:40])}, expected pinhole or orthographic")
    K = _matrix(folder, content, "K", (3, 3))
    centre = content.get("pixel_centre", 0.5)
    if centre not in (0, 0.5):
        raise FormatError(f"{folder}: pixel_centre is {visible(repr(centre)[:40])}, expected 0.5, or 0 as in OpenCV")
    if K[0, 1] != 0 or K[0, 0] <= 0 or K[1, 1] <= 0:
        raise FormatError(
            f"{folder}: K has skew {K[0, 1]:g} or a focal length that is not positive; resample the image"
        )
    K[:2, 2] += 0.5 - centre
    return "pinhole", PinholeCamera.from_matrix(K)


def _mm_per_unit(folder: Path, content: Mapping[str, Any], marks: Floats | None, pupils: Floats | None) -> float:
    if pupils is None and marks is not None:
        pupils = np.stack([marks[36:42].mean(0), marks[42:48].mean(0)])
    if pupils is None:
        if content.get("unit") == PUPIL_UNIT:
            return PUPIL_DISTANCE_MM
        raise FormatError(
            f"{folder}: its size is unknown: there are no landmarks.json (68 points) and no pupils.json, and its unit "
            f'is not "{PUPIL_UNIT}"'
        )
    distance = float(np.linalg.norm(pupils[1] - pupils[0]))
    if not distance > 0:
        raise FormatError(f"{folder}: both pupils are in one place")
    return PUPIL_DISTANCE_MM / distance


def _before(points: Floats, Rt: Floats | None) -> Floats:
    return points if Rt is None else points @ Rt[:, :3].T + Rt[:, 3]


def _head_rotation(folder: Path, model: str, Rt: Floats | None, marks: Floats | None) -> tuple[Floats, tuple[str, ...]]:
    """Rotation from head to camera: of Rt, if landmarks do not speak against it, else of the landmarks."""
    axes: Floats = np.eye(3) if model == "orthographic" else ORTHO_FROM_CV
    if marks is None:
        if Rt is None:
            found = "there are no landmarks.json (68 points) and no Rt"
            raise FormatError(f"{folder}: the head's pose is unknown: {found}")
        return Rt[:, :3], ()
    fit = fit_landmarks(marks[list(SEVEN)], _SEVEN_MM @ axes.T)
    if fit.message:
        raise FormatError(f"{folder}: its landmarks are not iBUG's 68 of a face before this camera: {fit.message}")
    seen: Floats = fit.ref_from_pred.rotation @ axes
    if Rt is None:
        return seen, ("its pose is that of seven landmarks",)
    turn = np.degrees(np.arccos(np.clip((np.trace(seen @ Rt[:, :3].T) - 1) / 2, -1, 1)))
    if turn < _LARGEST_TURN_DEG:
        return Rt[:, :3], ()
    return seen, (f"its Rt is {turn:.0f} degrees off its landmarks, which give the pose",)
