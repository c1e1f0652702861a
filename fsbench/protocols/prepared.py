"""A prepared reference of a protocol that aligns predictions by landmarks."""

from abc import ABC, abstractmethod

import numpy.typing as npt

from fsbench.core.mesh import Mesh
from fsbench.protocols.measurement import AlignedMeasurement, Scores


class PreparedWithLandmarks(ABC):
    """A reference ready to be compared with any number of predictions; safe to share between threads."""

    __slots__ = ()

    @abstractmethod
    def measure(self, prediction: Mesh, landmarks: npt.ArrayLike) -> AlignedMeasurement:
        """Like `compare`, and keep the distances and the aligned shape."""

    def compare(self, vertices: npt.ArrayLike, faces: npt.ArrayLike, landmarks: npt.ArrayLike) -> Scores:
        """Score a prediction; nothing is read or written.

        Parameters
        ----------
        vertices : array_like, (V, 3)
            In any frame and unit; in `protocol.unit` where the scale is metric.
        faces : array_like of int, (F, 3)
        landmarks : array_like, (n, 3)
            On the prediction, in the order of the reference's.

        Raises
        ------
        MeshError
            If the mesh is empty, faceless, not finite, or names vertices that do not exist.
        AlignmentError
            If the landmarks are unusable, or fit far better mirrored.
        """
        return self.measure(Mesh(vertices, faces), landmarks).scores
