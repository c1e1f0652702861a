"""Pictures of a textured head: a raster of 4 x 4 rays a pixel, in linear light, with the share that it covers.

An image's columns and rows count from its top left corner, so that the middle of the first pixel is at 0.5, as in the
cameras that score (`geometry.cameras`): cx = 128 is the middle of 256 pixels. Where whole numbers are pixel centres,
as in OpenCV, the same camera has cx - 0.5.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from fsbench.build.colour import LINEAR, srgb_from_linear
from fsbench.build.light import Light
from fsbench.build.shading import shade
from fsbench.core.errors import MeshError
from fsbench.core.mesh import Floats, Ints, Mesh
from fsbench.geometry.cameras import ORTHO_FROM_CV, OrthographicCamera, PinholeCamera
from fsbench.geometry.normals import vertex_normals
from fsbench.geometry.raster import nearest_front

Image = npt.NDArray[np.uint8]
AnyCamera = OrthographicCamera | PinholeCamera

STEPS = 4
"""Rays a pixel along each side."""
GREY = 0.5
"""Linear albedo of a head without colours."""
NEAREST = 0.2
"""Least depth of a head, as a share of its mean: nearer, a nose is as large as the rest of the face."""
LARGEST_PX = 4096


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One look at a head.

    Attributes
    ----------
    camera : PinholeCamera or OrthographicCamera
        In mm; for a pinhole in pixels of this image.
    rotation, translation : ndarray, (3, 3) and (3,)
        p = R q + t takes a point of the head frame into the camera's frame, mm.
    width, height : int
    """

    camera: AnyCamera
    rotation: Floats
    translation: Floats
    width: int = 256
    height: int = 256

    @property
    def perspective(self) -> bool:
        """Whether the camera is a pinhole."""
        return isinstance(self.camera, PinholeCamera)

    @property
    def viewer_from_head(self) -> Floats:
        """Rotation (3, 3) into x right, y up, z towards the viewer."""
        axes: Floats = ORTHO_FROM_CV if self.perspective else np.eye(3)
        return axes @ self.rotation

    @property
    def pose_deg(self) -> float:
        """Angle between where the face looks and the direction to the viewer along the optical axis."""
        return float(np.degrees(np.arccos(np.clip(self.viewer_from_head[2, 2], -1.0, 1.0))))

    def place(self, points: Floats) -> Floats:
        """Points (n, 3) of the head frame in the camera's."""
        placed: Floats = points @ self.rotation.T + self.translation
        return placed

    def project(self, placed: Floats) -> Floats:
        """Columns and rows (n, 2) of points in the camera's frame, from the top left corner."""
        return self.camera.project(placed, self.width)

    def depth_map(self, mesh: Mesh) -> Floats:
        """Depth (height, width) of a mesh in the camera's frame, by the code that scores; 0 where nothing is."""
        side = max(self.width, self.height)
        wanted = np.zeros((side, side), np.bool_)
        wanted[: self.height, : self.width] = True
        return self.camera.depth_map(mesh, wanted)[: self.height, : self.width]

    def refuse_too_near(self, placed: Floats) -> None:
        """Raise MeshError if a head is behind the camera, or so near that the image is none of a face."""
        depth = self.camera.depth(placed)
        least, mean = float(depth.min()), float(depth.mean())
        if mean <= 0 or least <= 0:
            raise MeshError(f"the head reaches behind the camera: its depth is {least:.4g} to {depth.max():.4g} mm")
        if self.perspective and least < NEAREST * mean:
            raise MeshError(
                f"the camera stands in the head: its nearest point is {least:.4g} mm away, its mean {mean:.4g} mm; "
                "expected a longer focal length"
            )


@dataclass(frozen=True, slots=True, eq=False)
class Texture:
    """Images over a mesh: `uv` (T, 2), `corners` (F, 3), `of` (F,) with -1 for none, `images` (H, W, 3) sRGB."""

    uv: Floats
    corners: Ints
    of: Ints
    images: tuple[Image, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """A head ready to be rendered any number of times.

    Attributes
    ----------
    mesh : Mesh
        Head frame, mm, counter-clockwise as seen from outside.
    texture : Texture, optional
    colours : ndarray of uint8, (V, 3), optional
        sRGB, where there is no texture.
    """

    mesh: Mesh
    texture: Texture | None = None
    colours: Image | None = None
    _normals: Floats = field(init=False, repr=False)
    _texture: tuple[Floats, Ints, Ints, Image, Ints] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_normals", np.ascontiguousarray(vertex_normals(self.mesh)))
        object.__setattr__(self, "_texture", _flat(self.texture, self.mesh.n_faces))

    def render(self, view: View, light: Light) -> "Picture":
        """Render the head.

        Raises
        ------
        MeshError
            If the head reaches behind the camera, or the camera stands in it.
        """
        placed = view.place(self.mesh.vertices)
        view.refuse_too_near(placed)
        pixels = view.project(placed) * STEPS - 0.5
        nearness = 1 / placed[:, 2] if view.perspective else placed[:, 2].copy()
        limit = np.inf if view.perspective else 0.0
        light_sums, counts = np.zeros((view.height, view.width, 3)), np.zeros((view.height, view.width))
        box = _box_of(pixels, view)
        pixels -= (box[1].start * STEPS, box[0].start * STEPS)
        sums, hits = np.zeros_like(light_sums[box]), np.zeros_like(counts[box])
        everywhere = np.ones((hits.shape[0] * STEPS, hits.shape[1] * STEPS), np.bool_)
        seen = nearest_front(pixels, nearness, self.mesh.faces, everywhere, limit)
        shade(
            np.ascontiguousarray(pixels),
            nearness,
            self.mesh.faces,
            seen.faces,
            view.perspective,
            self._normals,
            np.ascontiguousarray(view.viewer_from_head),
            np.ascontiguousarray(light.polynomial()),
            light.direction,
            light.strength,
            *self._texture,
            np.empty((0, 3), np.uint8) if self.colours is None else np.ascontiguousarray(self.colours),
            GREY,
            LINEAR,
            STEPS,
            sums,
            hits,
        )
        light_sums[box], counts[box] = sums / STEPS**2, hits / STEPS**2
        return Picture(light_sums, counts)


def _box_of(pixels: Floats, view: View) -> tuple[slice, slice]:
    """Rows and columns of the image that the head may be in; `pixels` count rays."""
    sizes = (view.width, view.height)
    # Column by column: along short rows numpy takes many times longer.
    left, top = (_within(pixels[:, k].min() / STEPS - 1, sizes[k]) for k in range(2))
    right, below = (_within(pixels[:, k].max() / STEPS + 2, sizes[k]) for k in range(2))
    return slice(top, max(top, below)), slice(left, max(left, right))


def _within(place: float, size: int) -> int:
    return int(np.clip(np.floor(place), 0, size))


def _flat(texture: Texture | None, n_faces: int) -> tuple[Floats, Ints, Ints, Image, Ints]:
    """A texture as `shading.shade` takes it: uv, corners, texture of each triangle, all images in a row, and where."""
    if texture is None:
        none = np.empty((0, 3), np.int64)
        return np.empty((0, 2)), none, np.full(n_faces, -1), np.empty(0, np.uint8), none
    starts = np.cumsum([0, *(image.size for image in texture.images)])
    places = [(start, *image.shape[:2]) for start, image in zip(starts, texture.images, strict=False)]
    return (
        np.ascontiguousarray(texture.uv, np.float64),
        np.ascontiguousarray(texture.corners, np.int64),
        np.ascontiguousarray(texture.of, np.int64),
        np.concatenate([image.ravel() for image in texture.images]),
        np.array(places, np.int64),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What was rendered: linear `light` (H, W, 3), already times the share `alpha` (H, W) that the head covers."""

    light: Floats
    alpha: Floats

    def over(self, background: Floats) -> Image:
        """The picture before a background of linear light, (H, W, 3) or (3,), in 8-bit sRGB."""
        return srgb_from_linear(self.light + (1 - self.alpha)[..., None] * background)
