"""Check a zip for the SVFR benchmark as the official client does, and beyond."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from fsbench.core.mesh import Ints
from fsbench.io.archive import ArchiveLimits
from fsbench.io.zip_members import open_zip
from fsbench.submissions.svfr.beyond import Beyond, Problem
from fsbench.submissions.svfr.images import SUBTASKS, Entry, images
from fsbench.submissions.svfr.official import OfficialVerdict
from fsbench.submissions.svfr.reading import read_mesh_of

LIMITS = ArchiveLimits(max_members=20_000, max_member_bytes=256 << 20)
"""A complete zip has 1564 files; a mesh is read as a whole, and one of 5 million triangles fits."""


@dataclass(frozen=True, slots=True)
class Report:
    """The result of the check.

    Attributes
    ----------
    n_meshes : mapping of str to int
        By subtask.
    n_images : int
        Of the benchmark.
    official : mapping of str to tuple of str
        Files by the official client's keys; empty if it accepts the zip.
    stops : tuple of str
        Files on which the official client ends with an exception.
    problems : tuple of Problem
        Beyond that.
    """

    n_meshes: Mapping[str, int]
    n_images: int
    official: Mapping[str, tuple[str, ...]]
    stops: tuple[str, ...]
    problems: tuple[Problem, ...]

    @property
    def counts(self) -> dict[str, int]:
        """The official verdict as numbers by key; only `exception` if the client ends with one."""
        if self.stops:
            return {"exception": len(self.stops)}
        return {key: len(files) for key, files in self.official.items()}

    @property
    def is_fit(self) -> bool:
        """Whether the official client accepts the zip, and nothing else is wrong with it."""
        return not self.counts and not any(one.is_wrong for one in self.problems)


def check_zip(path: str | os.PathLike[str], flame_faces: Ints | None = None) -> Report:
    """Check a zip.

    Parameters
    ----------
    path : path
    flame_faces : ndarray of int, (9976, 3), optional
        FLAME's triangles, to compare meshes of 5023 vertices with.

    Raises
    ------
    UsageError
        If there is no such file.
    FormatError
        If it is not a zip, or a hostile one, see `fsbench.io.zip_members.open_zip`.
    """
    known, official, beyond = images(), OfficialVerdict(), Beyond(flame_faces)
    n_meshes = dict.fromkeys(SUBTASKS, 0)
    with open_zip(path, LIMITS) as members:
        there = frozenset(members.names)
        for entry in (Entry(image, subtask) for image in known for subtask in SUBTASKS):
            if entry.mesh not in there:
                official.missing(entry)
                continue
            n_meshes[entry.subtask] += 1
            one = read_mesh_of(members, entry, there)
            official.look_at(one)
            beyond.look_at(one)
        said = official.report(members.names, known)
    return Report(n_meshes, len(known), said, tuple(official.stops), beyond.problems())
