"""Topologies whose landmarks are public facts: which vertices they are."""

import difflib
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from fsbench.core.errors import UsageError
from fsbench.core.mesh import Mesh
from fsbench.geometry.face_points import doubts_about_face

_FILE = "topologies.toml"


@dataclass(frozen=True, slots=True)
class Topology:
    """A topology and its landmarks.

    Attributes
    ----------
    name, title : str
    vertices : tuple of int
        How many a mesh of it has; several where parts of the model are in use.
    triangles : tuple of int
        How many belong to these; empty where no source says it.
    rows : tuple of int
        Which of iBUG's 68, from 0, the landmarks are.
    numbers : tuple of int
        The vertices that they are, from 0.
    source, note : str
        Where the numbers come from, and what else should be known.
    """

    name: str
    title: str
    vertices: tuple[int, ...]
    rows: tuple[int, ...]
    numbers: tuple[int, ...]
    source: str
    triangles: tuple[int, ...] = ()
    note: str = ""

    def doubts(self, mesh: Mesh) -> list[str]:
        """What speaks against a mesh being of this topology, one line each; its number of vertices fits."""
        expected = dict(zip(self.vertices, self.triangles, strict=False)).get(mesh.n_vertices)
        found = []
        if expected is not None and mesh.n_faces not in (0, expected):
            found.append(f"it has {mesh.n_faces:,} triangles, {self.title} has {expected:,}")
        return found + doubts_about_face(mesh.vertices[list(self.numbers)], mesh.vertices)


@cache
def topologies() -> dict[str, Topology]:
    """All topologies by name, in their order."""
    with resources.files("fsbench.io").joinpath(_FILE).open("rb") as file:
        read = tomllib.load(file)
    return {name: _topology(name, entry) for name, entry in read.items()}


def _topology(name: str, entry: dict[str, object]) -> Topology:
    lists = {key: tuple(value) for key, value in entry.items() if isinstance(value, list)}
    texts = {key: value for key, value in entry.items() if isinstance(value, str)}
    return Topology(name, **({"rows": tuple(range(68))} | lists | texts))


def topology_called(name: str) -> Topology:
    """The topology of this name; UsageError if there is none."""
    known = topologies()
    if name not in known:
        close = difflib.get_close_matches(name.lower(), known, 1)
        hint = f"did you mean {close[0]}? There" if close else "there"
        raise UsageError(f"{name}: no such topology; {hint} are {', '.join(known)}")
    return known[name]


def topology_of(n_vertices: int) -> Topology | None:
    """The topology with so many vertices; None if there is none."""
    return next((one for one in topologies().values() if n_vertices in one.vertices), None)
