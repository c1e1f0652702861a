"""Depth alignment: the prediction moves along the viewing rays until its depth agrees with the reference's."""

from dataclasses import dataclass

import numpy as np

from fsbench.core.errors import AlignmentError
from fsbench.core.mesh import Floats
from fsbench.geometry.moving import stretched


@dataclass(frozen=True, slots=True)
class DepthShift:
    """`ref = scale * pred + translation`, where the scale is 1 or the translation 0.

    An orthographic camera translates along z; a pinhole scales about the camera, which leaves the
    projection unchanged.
    """

    shift_mm: float
    overlap_px: int
    scale: float
    translation_mm: tuple[float, float, float]

    def apply(self, points: Floats) -> Floats:
        """Move points (n, 3) of the prediction onto the reference's depth."""
        return stretched(points, self.scale, self.translation_mm)


def _median_shift(depth_ref: Floats, depth_pred: Floats) -> tuple[float, Floats]:
    """Median of (reference - prediction), and mean depth of the reference, over the pixels that both cover."""
    both = (depth_ref != 0) & (depth_pred != 0)
    if not both.any():
        raise AlignmentError(
            "no overlap: the prediction covers no pixel of the image that the reference covers"
            if depth_pred.any()
            else "no overlap: the camera sees no front-facing triangle of the prediction"
        )
    ref = depth_ref[both]
    return float(np.median(ref - depth_pred[both])), ref


def along_axis(depth_ref: Floats, depth_pred: Floats) -> DepthShift:
    """Translate along -z of the ortho frame by the median depth difference.

    Parameters
    ----------
    depth_ref, depth_pred : (n,)
        Depth per pixel in mm, 0 where the ray hits nothing.

    Raises
    ------
    AlignmentError
        If no pixel is covered by both.

    References
    ----------
    FaceScape benchmark (Zhu et al. 2023, arXiv:2111.01082), evaluation in the wild. The public code
    minimises the sum of absolute differences, of which the median is the exact minimiser.
    """
    shift, ref = _median_shift(depth_ref, depth_pred)
    return DepthShift(shift, len(ref), 1.0, (0.0, 0.0, -shift))


def along_rays(depth_ref: Floats, depth_pred: Floats) -> DepthShift:
    """Scale about the pinhole by m / (m - d): d the median depth difference, m the reference's mean depth.

    Parameters and errors as `along_axis`; also an AlignmentError if the prediction would have to pass
    through the camera.

    References
    ----------
    FaceScape benchmark (arXiv:2111.01082), evaluation in the lab.
    """
    shift, ref = _median_shift(depth_ref, depth_pred)
    mean = float(ref.mean())
    if mean - shift <= 0:
        raise AlignmentError(
            f"the prediction lies {mean - shift:.0f} mm in front of the camera after depth alignment, "
            f"the reference {mean:.0f} mm: part of it is behind the camera"
        )
    return DepthShift(shift, len(ref), mean / (mean - shift), (0.0, 0.0, 0.0))
