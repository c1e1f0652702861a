"""What a benchmark is built from: textured heads, and where they come from."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from fsbench.core.mesh import Floats, Ints, Mask

Image = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class HeadName:
    """One face of a source: a person with an expression.

    Attributes
    ----------
    subject : str
        The person, as the source names them.
    expression : str
        Such as "1_neutral"; empty where the source knows none.
    """

    subject: str
    expression: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """A textured head, y up and +z out of the face, in whatever unit its file has.

    Attributes
    ----------
    name : HeadName
    vertices : ndarray, (V, 3)
        All of the file's, in its order.
    triangles : ndarray of int, (F, 3)
    pupils : ndarray, (2, 3)
        Right eye (iBUG 36-41), left eye, in the mesh's unit: their distance gives the factor to millimetres.
    pupils_from : str
        How they were found, in words for the signature, such as "mean of eye landmarks".
    landmarks : ndarray, (68, 3), optional
        In iBUG's order, on the surface.
    face : ndarray of bool, (F,), optional
        The triangles that a reference keeps; all where None.
    uv, corners : ndarray, (T, 2) and (F, 3), optional
        Texture coordinates (u right, v up) and their rows corner by corner: a seam has several a vertex.
    textures : tuple of ndarray of uint8, (H, W, 3)
        sRGB. Empty without a texture.
    texture_of : ndarray of int, (F,), optional
        Which texture a triangle shows, -1 for none; all show the first where None.
    colours : ndarray of uint8, (V, 3), optional
        sRGB of the vertices, where there is no texture.
    publishable : bool
        Whether pictures of this person may be shown to others.
    notes : tuple of str
        What a reader mended or ignored, a sentence each.
    """

    name: HeadName
    vertices: Floats
    triangles: Ints
    pupils: Floats
    pupils_from: str
    landmarks: Floats | None = None
    face: Mask | None = None
    uv: Floats | None = None
    corners: Ints | None = None
    textures: tuple[Image, ...] = ()
    texture_of: Ints | None = None
    colours: Image | None = None
    publishable: bool = True
    notes: tuple[str, ...] = ()


class Source(Protocol):
    """A folder of heads."""

    @property
    def description(self) -> str:
        """What it is, in words for a benchmark's card."""

    def names(self) -> Iterator[HeadName]:
        """Its heads, by subject and then expression."""

    def read(self, name: HeadName) -> Head:
        """One head.

        Raises
        ------
        FsbenchError
            If its files are missing, damaged or not what they should be; the sentence says which and what to try.
        """
