"""Adapter: one published method's files, and the function that places its meshes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from inspect import getdoc
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from fsbench.core.errors import FormatError, MeshError, MissingError, UsageError
from fsbench.core.mesh import Floats, Mesh
from fsbench.io import read_mesh
from fsbench.io.names import the_file
from fsbench.io.unread import instead_of
from fsbench.submissions.steps import swap_winding


@dataclass(frozen=True, slots=True)
class ExpectedFile:
    """A file that an adapter reads for a sample.

    Parameters
    ----------
    names : tuple of str
        File names in the folder of predictions; one of them is enough.
    is_mesh : bool
        Whether it is the prediction itself: without it the sample is missing, without any other file invalid.
    is_shared : bool
        One file for all samples.
    """

    names: tuple[str, ...]
    is_mesh: bool
    is_shared: bool


class AdapterLike(Protocol):
    """Interface that `score` and `check` need; every adapter can be pickled."""

    @property
    def name(self) -> str:
        """Name as the user gave it."""

    def files(self, sample: str) -> tuple[ExpectedFile, ...]:
        """Files read for `sample`, the mesh first; empty if the adapter cannot know them."""

    def load(self, folder: str | Path, sample: str, focal_px: float | None = None) -> Mesh:
        """The prediction in the benchmark's camera frame."""

    def settings(self) -> dict[str, Any]:
        """Everything that can move a number, for a run's manifest."""

    def check_benchmark(self, *, in_the_lab: bool) -> None:
        """Refuse, before hours are spent, a benchmark that every sample would fail on (UsageError)."""

    @property
    def text(self) -> dict[str, str]:
        """Description by heading: Frame, Formula, Oddities, Source; one sentence under ""."""


@dataclass(frozen=True, slots=True)
class SideFile:
    """A file beside the mesh that says how to place it.

    Parameters
    ----------
    argument : str
        Keyword of the adapter's function that takes the content of the file.
    pattern : str
        File name; `{sample}` stands for the sample. Without it the file is shared by all samples.
    read : callable
        (path, sample) to the argument's value.
    how : str
        How to write the file, if the method itself does not; shown if the file is absent.
    """

    argument: str
    pattern: str
    read: Callable[[Path, str], Any]
    how: str = ""


@dataclass(frozen=True, slots=True)
class Adapter:
    """One published method.

    Parameters
    ----------
    name : str
        As the benchmark's authors spell it.
    place : callable
        (vertices, focal_px, **side files) to vertices in the benchmark's camera frame: ortho in the wild (`focal_px`
        None), cv in the lab. Its docstring has the sections Frame, Formula, Oddities and Source.
    mesh : str
        Name of the mesh file.
    side : tuple of SideFile
        Files needed beside it.
    swap_faces : bool
        The file's faces are clockwise once placed.
    """

    name: str
    place: Callable[..., Floats]
    mesh: str = "{sample}.obj"
    side: tuple[SideFile, ...] = ()
    swap_faces: bool = False

    @property
    def patterns(self) -> tuple[str, ...]:
        """Names of all files, the mesh first, with `{sample}` for the sample."""
        return (self.mesh, *(side.pattern for side in self.side))

    @property
    def frame(self) -> str:
        """Frame of the mesh as the method writes it."""
        return self.text.get("Frame", "")

    @property
    def formula(self) -> str:
        """Formula from the method's frame to the benchmark's frame."""
        return self.text.get("Formula", "")

    @property
    def source(self) -> str:
        """Paper and repository."""
        return self.text.get("Source", "")

    @property
    def text(self) -> dict[str, str]:
        """Docstring of `place` by section; the first paragraph under the empty name."""
        return sections(getdoc(self.place) or "")

    def files(self, sample: str) -> tuple[ExpectedFile, ...]:
        """Files read for `sample`, the mesh first."""
        mesh = ExpectedFile((in_pattern(self.mesh, sample),), is_mesh=True, is_shared=False)
        return (
            mesh,
            *(
                ExpectedFile(
                    (in_pattern(side.pattern, sample),), is_mesh=False, is_shared="{sample}" not in side.pattern
                )
                for side in self.side
            ),
        )

    def load(self, folder: str | Path, sample: str, focal_px: float | None = None) -> Mesh:
        """Read a prediction and place it in the benchmark's camera frame.

        Parameters
        ----------
        folder : path
            One method's files for one benchmark.
        sample : str
            Name of the sample, e.g. "000" or "00_0_05".
        focal_px : float, optional
            Focal length in the lab, in pixels of the 256 px image; None in the wild. It decides the frame.

        Raises
        ------
        MissingError
            If there is no mesh for the sample.
        FormatError
            If a file cannot be read, or a side file or the sample's entry in it is absent: a mesh without a known place
            is an unusable prediction, not an absent one.
        MeshError
            If the mesh is unusable.
        UsageError
            If the folder does not exist, the sample is not a plain name or the focal length is not positive.
        """
        check_call(folder, sample, focal_px)
        path = the_file(Path(folder), in_pattern(self.mesh, sample))
        # The official loader drops unused vertices of an OBJ and keeps those of a PLY: published numbers rest on it.
        mesh = read_prediction(path, every_vertex=path.suffix.lower() == ".ply")
        values = {side.argument: self._read(side, Path(folder), path, sample) for side in self.side}
        return placed(path, mesh, partial(self.place, focal_px=focal_px, **values), self.swap_faces)

    def settings(self) -> dict[str, Any]:
        """Name alone: a published method has no options."""
        return {"adapter": self.name}

    def check_benchmark(self, *, in_the_lab: bool) -> None:
        """Accept every benchmark."""

    @staticmethod
    def _read(side: SideFile, folder: Path, mesh_path: Path, sample: str) -> Any:
        path = the_file(folder, in_pattern(side.pattern, sample))
        return read_beside(mesh_path, path, partial(side.read, path, sample), side.how)


def check_call(folder: str | Path, sample: str, focal_px: float | None) -> None:
    """Refuse arguments that no adapter can load; see `Adapter.load`."""
    if not Path(folder).is_dir():
        raise UsageError(f"{folder}: there is no such folder of predictions")
    if sample != Path(sample).name or not sample.strip(".") or "\\" in sample or "\0" in sample:
        raise UsageError(f"sample {sample!r}: expected a plain name such as 000 or 00_0_05")
    check_focal(focal_px)


def check_focal(focal_px: float | None) -> None:
    """Refuse a focal length that no camera has (UsageError)."""
    if focal_px is not None and not 0.0 < focal_px < np.inf:
        raise UsageError(f"focal length {focal_px} px: expected a positive number, or None for in the wild")


def in_pattern(pattern: str, sample: str) -> str:
    """Put a sample's name into a file pattern; `{sample:d}` is its number without leading zeros.

    Raises
    ------
    UsageError
        If the pattern asks for a number and the name is not one.

    Examples
    --------
    >>> in_pattern("{sample}.obj", "007"), in_pattern("img_{sample:d}.ply", "007")
    ('007.obj', 'img_7.ply')
    """
    if "{sample:d}" in pattern:
        if not (sample.isascii() and sample.isdigit()):
            raise UsageError(f"pattern {pattern!r}: sample {sample} is no number; write {{sample}} for its name")
        pattern = pattern.replace("{sample:d}", sample.lstrip("0") or "0")
    return pattern.replace("{sample}", sample)


def read_prediction(path: Path, *, every_vertex: bool = False) -> Mesh:
    """Read a mesh whose absence means that there is no prediction; `every_vertex` as of `read_mesh`."""
    if not path.exists():
        raise MissingError(f"no prediction: {path} is not there{instead_of(path.parent, path.name)}")
    return read_mesh(path, every_vertex=every_vertex)


def read_beside(mesh_path: Path, path: Path, read: Callable[[], Any], how: str = "") -> Any:
    """Read a file that belongs to an existing mesh; its absence is a fault of the prediction."""
    if not path.exists():
        hint = f". {how}" if how else ""
        raise FormatError(f"{path}: is not there, and without it {mesh_path.name} cannot be placed in the image{hint}")
    return read()


def placed(path: Path, mesh: Mesh, place: Callable[[Floats], Floats], swap_faces: bool) -> Mesh:
    """Apply the maths of an adapter to a mesh that was read from `path`."""
    points = placed_points(str(path), mesh.vertices, place)
    return Mesh(points, swap_winding(mesh.faces)) if swap_faces else mesh.with_vertices(points)


def placed_points(name: str, points: Floats, place: Callable[[Floats], Floats]) -> Floats:
    """Apply the maths of an adapter to points (V, 3); MeshError that begins with `name` if numbers overflow."""
    try:
        with np.errstate(over="raise", divide="raise", invalid="raise"):
            return place(points)
    except ArithmeticError as error:
        raise MeshError(f"{name}: cannot be placed in the image, its numbers are out of any range ({error})") from None
    except MeshError as error:
        raise MeshError(f"{name}: {error}") from None


def sections(doc: str) -> dict[str, str]:
    """Split a docstring at its underlined headings.

    Examples
    --------
    >>> sections("A method.\\n\\nFrame\\n-----\\nPixels,\\ny up.")
    {'': 'A method.', 'Frame': 'Pixels,\\ny up.'}
    """
    found: dict[str, list[str]] = {"": []}
    heading = ""
    lines = doc.splitlines()
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if following and set(following) == {"-"} and len(following) == len(line):
            heading = line
            found[heading] = []
        elif not (line and set(line) == {"-"}):
            found[heading].append(line)
    return {name: "\n".join(body).strip() for name, body in found.items()}
