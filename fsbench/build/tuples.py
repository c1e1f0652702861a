"""Tuples: one folder a sample, with image, mask, depth, mesh, camera, landmarks and where all of it comes from."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from fsbench.build.render import Image, View
from fsbench.build.views import PUPIL_DISTANCE_MM
from fsbench.build.visibility import visible
from fsbench.core.mesh import Floats, Mesh
from fsbench.geometry.cameras import OrthographicCamera
from fsbench.io.images import write_png
from fsbench.io.write import write_obj

MAP_PX = 256
"""Side of the image of which the cameras that score are."""
DECIMALS = 9
"""Of coordinates in pupil distances: 1e-7 mm."""
PIXEL_CENTRE = 0.5
"""Where the first pixel's middle is in K: the image's top left corner is (0, 0). OpenCV's convention is 0."""
CAMERA, WORLD = "camera", "world"
"""Frames of a tuple's mesh: before its camera, or as `Rt` takes it there."""
PUPIL_UNIT = f"pupil distance {PUPIL_DISTANCE_MM} mm"


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One view of a face.

    Attributes
    ----------
    view : View
    placed : Mesh
        The reference in the camera's frame, mm.
    landmarks : ndarray, (68, 3), optional
        In the camera's frame, mm.
    image : ndarray of uint8, (H, W, 3)
    """

    view: View
    placed: Mesh
    landmarks: Floats | None
    image: Image

    @property
    def in_frame(self) -> float:
        """Share of the reference's vertices inside the image's borders."""
        pixels = self.view.project(self.placed.vertices)
        inside = (pixels >= 0).all(1) & (pixels[:, 0] < self.view.width) & (pixels[:, 1] < self.view.height)
        return float(inside.mean())


def write_tuple(folder: Path, sample: Sample, source: Mapping[str, Any]) -> None:
    """Write a sample; `source` says where it comes from."""
    folder.mkdir(parents=True, exist_ok=True)
    view = sample.view
    depth = view.depth_map(sample.placed)
    write_png(folder / "image.png", sample.image)
    write_png(folder / "mask.png", np.where(depth > 0, 255, 0).astype(np.uint8))
    np.save(folder / "depth.npy", depth.astype(np.float32), allow_pickle=False)
    unit = view.camera.half_extent_mm if isinstance(view.camera, OrthographicCamera) else PUPIL_DISTANCE_MM
    write_obj(folder / "mesh.obj", sample.placed.with_vertices(sample.placed.vertices / unit), DECIMALS)
    write_json(folder / "camera.json", camera_of(view))
    if sample.landmarks is not None:
        write_json(folder / "landmarks.json", landmarks_of(sample))
    about = {**source, "pose_deg": round(view.pose_deg, 4), "in_frame": round(sample.in_frame, 4)}
    write_json(folder / "source.json", about)


def camera_of(view: View) -> dict[str, Any]:
    """The content of camera.json."""
    camera = view.camera
    is_orthographic = isinstance(camera, OrthographicCamera)
    unit = camera.half_extent_mm if isinstance(camera, OrthographicCamera) else PUPIL_DISTANCE_MM
    return {
        "model": "orthographic" if is_orthographic else "pinhole",
        **({} if is_orthographic else {"K": matrix_of(view, 1.0)}),
        "Rt": np.column_stack([view.rotation, view.translation / unit]).tolist(),
        "width": view.width,
        "height": view.height,
        "pixel_centre": PIXEL_CENTRE,
        "mesh_frame": CAMERA,
        "unit": f"{unit!r} mm; the image is [-1, 1]^2" if is_orthographic else PUPIL_UNIT,
        "mm_per_unit": unit,
    }


def matrix_of(view: View, scale: float) -> list[list[float]]:
    """K of a pinhole, for the image resized by a scale."""
    camera = view.camera
    assert not isinstance(camera, OrthographicCamera)
    focal_x, focal_y = camera.focal_x_px * scale, camera.focal_y_px * scale
    return [[focal_x, 0.0, camera.centre_x_px * scale], [0.0, focal_y, camera.centre_y_px * scale], [0.0, 0.0, 1.0]]


def landmarks_of(sample: Sample) -> dict[str, Any]:
    """The content of landmarks.json."""
    assert sample.landmarks is not None
    seen = visible(sample.view, sample.placed, sample.landmarks)
    return {
        "order": "iBUG 68",
        "points_mm": np.round(sample.landmarks, 6).tolist(),
        "pixels": np.round(sample.view.project(sample.landmarks), 4).tolist(),
        "visible": seen.tolist(),
    }


def write_json(path: Path, content: Any) -> None:
    """Write JSON as one line of text."""
    path.write_text(f"{json.dumps(content)}\n", encoding="utf-8", newline="\n")
