"""The three baselines: each sees an `Observation` of one view and gives a mesh as one of the adapters reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from fsbench.core.mesh import Floats
from fsbench.geometry.cameras import ORTHO_FROM_CV
from fsbench.sample.fitting import Pinhole, Projection, WeakPerspective, fit
from fsbench.sample.head_model import PUPIL_DISTANCE_MM
from fsbench.sample.observation import Observation
from fsbench.sample.poses import IMAGE_PX
from fsbench.sample.shape_space import ShapeSpace

PIXELS, CV = "3DDFA_V2", "cv"


@dataclass(frozen=True, slots=True)
class Baseline:
    """One way to reconstruct a face from 68 landmarks.

    Parameters
    ----------
    title : str
        One line for people.
    deforms : bool
        Fits shape and expression; else the mean face's pose alone.
    perspective : bool
        Uses the true focal length where the camera has one. Without one (in the wild) it is the weak perspective fit.
    adapters : mapping of str to str
        Benchmark to the adapter that reads its files.
    """

    title: str
    deforms: bool
    perspective: bool
    adapters: Mapping[str, str]

    def reconstruct(self, space: ShapeSpace, seen: Observation) -> Floats:
        """Vertices (n, 3) of `space.faces`, as they are written to a file.

        Pixels of the image with y up from the bottom edge and z towards the viewer; or, from a pinhole camera and by a
        perspective method, the cv frame in pupil distances: a mesh in pixels cannot hold perspective.
        """
        known = space if self.deforms else replace(space, basis=space.basis[:0])
        if self.perspective and seen.focal_px is not None:
            return fit(known, seen, Pinhole(seen.focal_px)).vertices @ ORTHO_FROM_CV / PUPIL_DISTANCE_MM
        camera: Projection = WeakPerspective()
        found: Floats = fit(known, seen, camera).vertices + np.array([IMAGE_PX / 2, IMAGE_PX / 2, 0.0])
        return found


METHODS: Mapping[str, Baseline] = MappingProxyType(
    {
        "mean-face": Baseline(
            "the mean face, its pose fitted under weak perspective",
            deforms=False,
            perspective=False,
            adapters=MappingProxyType({"fswild": PIXELS, "fslab": PIXELS}),
        ),
        "linear-weak": Baseline(
            "a linear shape and expression model fitted under weak perspective",
            deforms=True,
            perspective=False,
            adapters=MappingProxyType({"fswild": PIXELS, "fslab": PIXELS}),
        ),
        "linear-persp": Baseline(
            "the same model fitted under the true focal length; in the wild, where there is none, equal to linear-weak",
            deforms=True,
            perspective=True,
            adapters=MappingProxyType({"fswild": PIXELS, "fslab": CV}),
        ),
    }
)
"""Name to baseline, in the order of their quality."""
