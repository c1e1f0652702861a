"""Settings of the rig protocol, as a user says them and with the files read."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from fsbench.core.errors import FormatError, FsbenchError, UsageError
from fsbench.core.mesh import Ints, Mask
from fsbench.core.signatures import signature
from fsbench.core.units import unit_called
from fsbench.io.displacement import read_mask
from fsbench.io.npy import read_array
from fsbench.io.text import read_json, read_numbers

FILES = frozenset({"mask", "stable", "zones"})
_MOST_BYTES = 16 << 20
_LARGEST_INDEX = 1 << 31


@dataclass(frozen=True, slots=True)
class Rig:
    """The rig protocol's settings; the signature holds every one.

    Attributes
    ----------
    reference_unit : str
        "um", "mm", "cm", "dm", "m", a number of millimetres, or "found" (from the size and landmarks of the first
        neutral face of each subject).
    mask, stable, zones : str
        Files with vertex numbers of the reference's topology: the face (or a .png that is white there in the texture),
        else all of the mesh; a region that moves with
        the skull, by which head motion is removed, else it stays; the middles of the wrinkle zones, else normals of
        details count in all of the face.
    active_mm : float
        A vertex is active in an expression whose captured motion is larger. Ours.
    zone_mm : float
        Radius of a wrinkle zone.
    align, correspondence, missing, version
        Fixed: once, on neutral, the similarity of corresponding points; vertex by vertex where both sides have one
        topology, else a warp by landmarks that is refined on the neutral faces; no usable prediction is no score and
        stays in the denominator; raised whenever the code moves a number.
    """

    reference_unit: str = "found"
    mask: str = ""
    stable: str = ""
    zones: str = ""
    active_mm: float = 0.5
    zone_mm: float = 30.0
    align: str = field(default="once/neutral/similarity", init=False)
    correspondence: str = field(default="vertices-or-warp", init=False)
    missing: str = field(default="fail", init=False)
    version: int = field(default=1, init=False)

    def __post_init__(self) -> None:
        if self.reference_unit != "found":
            unit_called(self.reference_unit)
        for name in ("active_mm", "zone_mm"):
            value = getattr(self, name)
            if not 0 < value < np.inf:
                raise UsageError(f"{name} is {value:g}, expected a number above 0")


@dataclass(frozen=True, slots=True, eq=False)
class Settings:
    """The settings with their files read.

    Attributes
    ----------
    said : Rig
    mask, stable, zones : ndarray of int, (n,), or None
        Vertices of the reference's topology.
    mask_image : ndarray of bool, (H, W), or None
        The face in the reference's texture instead, as FaceScape has it.
    """

    said: Rig
    mask: Ints | None = None
    stable: Ints | None = None
    zones: Ints | None = None
    mask_image: Mask | None = None

    @classmethod
    def of(cls, said: Rig) -> "Settings":
        """Read the files; UsageError if one is not there or unusable."""
        is_image = said.mask.lower().endswith(".png")
        stable, zones = (_read(name, getattr(said, name), read_vertex_numbers) for name in ("stable", "zones"))
        face = _read("mask", said.mask, read_mask if is_image else read_vertex_numbers)
        return cls(said, None if is_image else face, stable, zones, face if is_image else None)

    def signature(self, benchmark: str) -> str:
        """All that can move a number, in one line; files by their content."""
        face = self.mask if self.mask_image is None else self.mask_image
        mask, stable, zones = map(_digest, (face, self.stable, self.zones))
        return signature(benchmark, replace(self.said, mask=mask, stable=stable, zones=zones))


def _digest(found: Ints | Mask | None) -> str:
    """Number of vertices or white pixels, and eight digits that change with any of them."""
    if found is None:
        return "none"
    return f"{len(found) if found.ndim == 1 else found.sum()}/{hashlib.sha256(found.tobytes()).hexdigest()[:8]}"


def _read(name: str, path: str, reader: Callable[[Path], Any]) -> Any:
    """Content of a file that a setting names; None without one."""
    if not path:
        return None
    try:
        return reader(Path(path))
    except FsbenchError as error:
        raise UsageError(f"--set {name}={path}: {error}") from None


def read_vertex_numbers(path: Path) -> Ints:
    """Read a list of vertex numbers from 0: .json, .npy, or text with whole numbers. Sorted, each once.

    Raises
    ------
    MissingError, FormatError
        If there is no such file, or it is not such a list.
    """
    suffix = path.suffix.lower()
    if suffix == ".json":
        listed = read_json(path, _MOST_BYTES)
        whole = isinstance(listed, list) and all(type(one) is int and 0 <= one < _LARGEST_INDEX for one in listed)
        numbers = np.array(listed if whole else [-1], np.float64)
    else:
        found = read_array(path, _MOST_BYTES) if suffix == ".npy" else read_numbers(path, _MOST_BYTES).ravel()
        plain = found.ndim == 1 and found.dtype.kind in "iuf"
        numbers = found.astype(np.float64) if plain else np.array([-1.0])
    if not len(numbers) or not ((numbers >= 0) & (numbers < _LARGEST_INDEX) & (numbers == np.floor(numbers))).all():
        raise FormatError(f"{path}: expected a list of vertex numbers, whole and from 0")
    return np.unique(numbers.astype(np.int64))
