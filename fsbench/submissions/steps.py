"""The small transforms that adapters are made of: points in, points out.

Points are (V, 3) float64 throughout. Frames:

- *pixels*: x right from the left edge, y up from the bottom edge, z towards the viewer, all in pixels of the image;
- *ortho*: x right, y up, z towards the viewer; the square image is [-1, 1]^2;
- *cv*: pinhole at the origin, x right, y down, z away from the camera;
- *gl*: pinhole at the origin, x right, y up, z towards the viewer (what is seen has z < 0).

The benchmark wants ortho in the wild (`focal_px` None) and cv in the lab; `camera_from_ortho` and `camera_from_cv` end
an adapter on it. Sums and roundings follow the official loader of the FaceScape benchmark (Zhu et al. 2023,
arXiv:2111.01082), since published numbers rest on them.
"""

import numpy as np

from fsbench.core.arrays import by_column
from fsbench.core.errors import MeshError
from fsbench.core.mesh import Floats, Ints, Mesh
from fsbench.geometry.moving import extents

IMAGE_PX = 256.0
HALF_PX = IMAGE_PX / 2
WILD_MEAN_Z = -2.0
LAB_Y_EXTENT = 3.0

_ROUNDING = 1e-9
"""Share of its height by which a mesh that was scaled already may miss it."""


def scaled(points: Floats, x: float, y: float, z: float) -> Floats:
    """Every axis times its factor."""
    return by_column(np.multiply, points, (x, y, z))


def moved(points: Floats, x: float, y: float, z: float = 0.0) -> Floats:
    """Every axis plus its offset."""
    return by_column(np.add, points, (x, y, z))


def cv_from_gl(points: Floats) -> Floats:
    """Half a turn about x; its own inverse."""
    return scaled(points, 1.0, -1.0, -1.0)


def swap_winding(faces: Ints) -> Ints:
    """Corners (0, 1, 2) to (1, 0, 2): the other side becomes the front."""
    return faces[:, [1, 0, 2]]


def ortho_from_pixels(points: Floats, half_px: float = HALF_PX) -> Floats:
    """From the pixels of a square image, y up from its bottom edge, to its ortho frame."""
    return moved(points / half_px, -1.0, -1.0)


def weak_perspective(points: Floats, scale: float, x: float, y: float) -> Floats:
    """Ortho frame of a scaled orthographic camera: the offset is added before the scale, as FLAME's fitters do."""
    return moved(points, x, y) * scale


def affine_xy(points: Floats, linear: Floats, x: float, y: float) -> Floats:
    """x and y through a (2, 2) matrix and an offset; z stays."""
    xy = points[:, :2] @ linear.T + np.array([x, y], np.float64)
    return np.column_stack([xy, points[:, 2]])


def unwarp_ortho(points: Floats, image_from_crop: Floats, half_crop_px: float, depth_scale: float) -> Floats:
    """From the ortho frame of a warped crop to the ortho frame of the 256 px image.

    Parameters
    ----------
    points : (V, 3)
        Ortho frame of the crop.
    image_from_crop : (3, 3)
        Affine map from crop pixels to image pixels, both y down from the top left corner.
    half_crop_px : float
        Half the side of the crop.
    depth_scale : float
        Image pixels a crop pixel, for z.
    """
    down_px = moved(scaled(points, 1.0, -1.0, 1.0), 1.0, 1.0) * half_crop_px
    x, y = image_from_crop[:2, 2]
    image_px = affine_xy(down_px, image_from_crop[:2, :2], x, y)
    up = moved(scaled(image_px / HALF_PX, 1.0, -1.0, depth_scale), -1.0, 1.0)
    return up


def inverse(affine: Floats) -> Floats:
    """Inverse of a (3, 3) affine map that is known to have one."""
    return np.asarray(np.linalg.inv(affine), np.float64)


def row_scale(linear: Floats) -> float:
    """Length of the first row of the upper left (2, 2): the scale of a similarity."""
    return float(np.hypot(linear[0, 0], linear[0, 1]))


def column_scale(linear: Floats) -> float:
    """Length of the first column of the upper left (2, 2): the scale of a similarity."""
    return float(np.hypot(linear[0, 0], linear[1, 0]))


def rotation_x(angle: np.floating) -> Floats:
    """Right-handed rotation about x; sine and cosine are taken in the angle's own precision."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]], np.float64)


def rotation_y(angle: np.floating) -> Floats:
    """Right-handed rotation about y; sine and cosine are taken in the angle's own precision."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]], np.float64)


def rotation_z(angle: np.floating) -> Floats:
    """Right-handed rotation about z; sine and cosine are taken in the angle's own precision."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]], np.float64)


def mean_depth(points: Floats) -> float:
    """Plain mean of z over all vertices, used by a face or not.

    Raises
    ------
    MeshError
        If it is 0: nothing can be projected from there.
    """
    mean = float(points[:, 2].mean())
    if mean == 0.0:
        raise MeshError("the mean depth of the vertices is 0: the mesh stands around the camera, not before it")
    return mean


def at_mean_z(points: Floats, z: float) -> Floats:
    """Slide along z until the mean depth is `z`."""
    return moved(points, 0.0, 0.0, z - float(points[:, 2].mean()))


def with_y_extent(points: Floats, extent: float = LAB_Y_EXTENT) -> Floats:
    """Scale about the camera centre until max y - min y is `extent`; the projection stays.

    The official comment says "face width = 1"; it is the y extent over all vertices, neck and stray ones included.

    Raises
    ------
    MeshError
        If all vertices have the same y.
    """
    return points * (extent / _y_extent(points))


def lab_scale(mesh: Mesh) -> float:
    """Factor about the camera by which the vertices that faces use get the y extent of an adapter's mesh.

    For meshes that no adapter has placed: their unit then moves no number. Where only rounding is between, it is 1.

    Raises
    ------
    MeshError
        If all these vertices have the same y.
    """
    used = mesh.without_unused().vertices
    scale = LAB_Y_EXTENT / _y_extent(used) if len(used) else 1.0
    return 1.0 if abs(scale - 1) < _ROUNDING else scale


def _y_extent(points: Floats) -> float:
    _, found, _ = extents(points)
    if not found > 0.0:
        raise MeshError("all vertices have the same y: the mesh has no height that it could be scaled to")
    return found


def camera_from_ortho(points: Floats, focal_px: float | None) -> Floats:
    """End an adapter on the ortho frame: into the benchmark's camera frame.

    Parameters
    ----------
    points : (V, 3)
        Ortho frame of the 256 px image, any depth.
    focal_px : float or None
        None in the wild: z moves to mean -2. In the lab: turned to cv, z moves to mean focal / 128 (there the image
        plane has half size 1), y extent 3.

    Raises
    ------
    MeshError
        If the mesh has no y extent (lab).
    """
    if focal_px is None:
        return at_mean_z(points, WILD_MEAN_Z)
    return with_y_extent(at_mean_z(cv_from_gl(points), focal_px / HALF_PX))


def camera_from_cv(points: Floats, focal_px: float | None, own_focal_px: float) -> Floats:
    """End an adapter on the cv frame of a camera of its own: into the benchmark's camera frame.

    Parameters
    ----------
    points : (V, 3)
        cv frame of a camera with the optical axis through the middle of the 256 px image.
    focal_px : float or None
        None in the wild: projected at the mean depth to the ortho frame. In the lab: what that camera saw, seen at
        the same mean depth by the benchmark's: size times own / benchmark's focal length about the mean depth, y
        extent 3.
    own_focal_px : float
        Focal length of that camera in pixels of the 256 px image.

    Raises
    ------
    MeshError
        If the mean depth is 0, or the mesh has no y extent (lab).
    """
    mean = mean_depth(points)
    if focal_px is None:
        return at_mean_z(cv_from_gl(points * (own_focal_px / HALF_PX / mean)), WILD_MEAN_Z)
    return with_y_extent(moved(moved(points, 0, 0, -mean) * (own_focal_px / focal_px), 0, 0, mean))


def unwarp_pinhole(
    points: Floats, image_from_crop: Floats, half_crop_px: float, focal_px: float
) -> tuple[Floats, float]:
    """From the cv frame of a crop's camera to that of a camera of the 256 px image.

    The head is turned and moved in the image plane as a rigid body, exact at its mean depth, as the adapters of the
    benchmark do it: its shape stays, and the slight turn that an off-centre crop gives to the viewing direction is let
    go.

    Parameters
    ----------
    points : (V, 3)
        cv frame of the crop's camera, its axis through the middle of the crop.
    image_from_crop : (3, 3)
        Affine map from crop pixels to image pixels, both y down from the top left corner.
    half_crop_px : float
        Half the side of the crop.
    focal_px : float
        Focal length in pixels of the crop.

    Returns
    -------
    points : (V, 3)
        cv frame of a camera with its axis through the middle of the image.
    focal_px : float
        Its focal length in pixels of the image.
    """
    linear = image_from_crop[:2, :2]
    scale = float(np.sqrt(abs(np.linalg.det(linear))))
    offset_px = linear @ np.array([half_crop_px, half_crop_px]) + image_from_crop[:2, 2] - HALF_PX
    x, y = offset_px * (mean_depth(points) / (focal_px * scale))
    return affine_xy(points, linear / scale, float(x), float(y)), focal_px * scale
