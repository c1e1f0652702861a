"""Photographs without the distortion of their lens, cropped and resized with their camera: the only user of OpenCV."""

from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from fsbench.build.facescape.multiview import Camera
from fsbench.build.head import Image
from fsbench.build.render import View
from fsbench.core.errors import FormatError, UsageError
from fsbench.core.mesh import Floats
from fsbench.geometry.bilinear import sample_bilinear
from fsbench.geometry.cameras import PinholeCamera

_BORDER = 128
"""Grey of what is beyond the photograph."""


def load_opencv() -> ModuleType:
    """OpenCV.

    Raises
    ------
    UsageError
        If it is not installed.
    """
    try:
        return import_module("cv2")
    except ImportError as error:
        raise UsageError(
            f"photographs are undistorted by OpenCV, which cannot be loaded ({error}): pip install 'fsbench[build]'"
        ) from None


def undistorted(photo: Image, camera: Camera) -> Image:
    """The photograph (H, W, 3) as the camera's K alone would see it.

    Raises
    ------
    FormatError
        If the photograph has not the size that belongs to K.
    """
    height, width = photo.shape[:2]
    if (width, height) != (camera.width, camera.height):
        turned = ": was it turned?" if (height, width) == (camera.width, camera.height) else ": was it resized?"
        raise FormatError(
            f"the photograph has {width} x {height} pixels, its camera {camera.width} x {camera.height}{turned}"
        )
    if not camera.distortion.any():
        return photo
    return np.round(resampled(photo, camera)).astype(np.uint8)


def resampled(values: npt.NDArray[Any], camera: Camera) -> Floats:
    """Values (H, W, n) of a photograph's pixels where the camera's K alone would see them; its edge goes on beyond.

    OpenCV says where each pixel comes from. Its own resampling is not used, as it moves in steps of 1/32 pixel.
    """
    cv2 = load_opencv()
    size = (camera.width, camera.height)
    x, y = cv2.initUndistortRectifyMap(camera.K, camera.distortion, None, camera.K, size, cv2.CV_32FC1)
    places = x.ravel().astype(np.float64), y.ravel().astype(np.float64)
    kind = np.uint16 if values.dtype == np.uint8 else np.float64
    found = [sample_bilinear(values[..., k].astype(kind), *places) for k in range(values.shape[2])]
    return np.stack(found, 1).reshape(values.shape)


@dataclass(frozen=True, slots=True)
class Crop:
    """A square of a photograph.

    Attributes
    ----------
    left, top : int
        First column and row; negative beyond the photograph.
    side : int
    size_px : int
        Side of the image that it becomes.
    """

    left: int
    top: int
    side: int
    size_px: int

    @classmethod
    def around(cls, pixels: Floats, size_px: int, margin: float) -> "Crop":
        """The square around points (n, 2), OpenCV's pixels, with a margin on each side as a share of their extent."""
        low, high = pixels.min(0), pixels.max(0)
        side = max(int(np.ceil((high - low).max() * (1 + 2 * margin))), 2)
        left, top = np.round((low + high + 1 - side) / 2).astype(int)
        return cls(int(left), int(top), side, size_px)

    @property
    def scale(self) -> float:
        """Pixels of the image for one of the photograph."""
        return self.size_px / self.side

    def image(self, photo: Image) -> Image:
        """Cut out of a photograph and resize, by the mean over pixels where it shrinks."""
        cv2 = load_opencv()
        height, width = photo.shape[:2]
        cut = np.full((self.side, self.side, 3), _BORDER, photo.dtype)
        left, top = max(self.left, 0), max(self.top, 0)
        right, bottom = min(self.left + self.side, width), min(self.top + self.side, height)
        if right > left and bottom > top:
            cut[top - self.top : bottom - self.top, left - self.left : right - self.left] = photo[
                top:bottom, left:right
            ]
        how = cv2.INTER_AREA if self.scale < 1 else cv2.INTER_LINEAR
        found: Image = cv2.resize(cut, (self.size_px, self.size_px), interpolation=how)
        return found

    def camera(self, K: Floats) -> PinholeCamera:
        """The camera (3, 3) of the photograph for the image.

        In OpenCV's pixels cx' = (cx + 0.5 - left) s - 0.5. Ours count from the image's corner, so that the two halves
        fall away on one side: cx' = (cx + 0.5 - left) s.
        """
        s = self.scale
        return PinholeCamera(
            float(K[0, 0] * s),
            float(K[1, 1] * s),
            float((K[0, 2] + 0.5 - self.left) * s),
            float((K[1, 2] + 0.5 - self.top) * s),
        )

    def view(self, K: Floats, rotation: Floats, translation: Floats) -> View:
        """The image's look at a head."""
        return View(self.camera(K), rotation, translation, self.size_px, self.size_px)
