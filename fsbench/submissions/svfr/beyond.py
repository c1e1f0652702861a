"""Faults that the official client accepts, though the server would give no number, or a wrong one."""

from collections import defaultdict
from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from fsbench.core.errors import MeshError
from fsbench.core.mesh import Ints, Mesh
from fsbench.submissions.svfr.images import N_FLAME_FACES, Entry
from fsbench.submissions.svfr.landmarks import trouble_with_landmarks
from fsbench.submissions.svfr.reading import ReadMesh

# Faces of adults differ by a fifth, units by ten or more.
_OTHER_UNIT = 3.0
_NO_LANDMARKS = "no landmarks: the server takes them from FLAME's vertices"


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of some files.

    Attributes
    ----------
    is_wrong : bool
        False for a hint.
    topic : str
        "mesh", "landmarks", "flame" or "unit".
    text : str
    files : tuple of str
    """

    is_wrong: bool
    topic: str
    text: str
    files: tuple[str, ...]


class Beyond:
    """Collects problems; show it every mesh of the zip once.

    Parameters
    ----------
    flame_faces : ndarray of int, (F, 3), optional
        FLAME's triangles, to compare with.
    """

    def __init__(self, flame_faces: Ints | None = None) -> None:
        self._flame = None if flame_faces is None else _as_set(flame_faces)
        self._found: dict[tuple[bool, str, str], list[str]] = defaultdict(list)
        self._sizes: dict[Entry, float] = {}
        self._digests: dict[Entry, str] = {}

    def _add(self, topic: str, text: str, file: str, *, is_wrong: bool = True) -> None:
        self._found[is_wrong, topic, text].append(file)

    def look_at(self, one: ReadMesh) -> None:
        """Check a mesh of the zip."""
        entry = one.entry
        for name, why in one.unreadable:
            self._add("mesh" if name == entry.mesh else "landmarks", f"cannot be read: {why}", name)
        mesh = self._mesh(one)
        if one.landmarks is not None and (trouble := trouble_with_landmarks(one.landmarks, mesh)):
            self._add("landmarks", trouble, entry.landmarks)
        if mesh is None:
            return
        if one.is_like_flame and not one.has_landmarks:
            self._look_at_flame(entry, mesh)
        self._sizes[entry] = float(np.linalg.norm(np.ptp(mesh.vertices, axis=0)))
        self._digests[entry] = sha256(mesh.vertices.tobytes()).hexdigest()

    def _mesh(self, one: ReadMesh) -> Mesh | None:
        """The mesh with all its vertices, if it is one."""
        if one.file is None:
            return None
        try:
            mesh = one.file.every_vertex()
        except MeshError:
            odd = not np.isfinite(one.file.vertices).all()
            self._add("mesh", "vertices are NaN or infinite" if odd else "no vertices", one.entry.mesh)
            return None
        if not np.ptp(mesh.vertices, axis=0).any():
            self._add("mesh", "all vertices are in one place", one.entry.mesh)
            return None
        return mesh

    def _look_at_flame(self, entry: Entry, mesh: Mesh) -> None:
        if self._flame is not None:
            if not np.array_equal(_as_set(mesh.faces), self._flame):
                self._add("flame", f"5023 vertices, but other triangles than --flame, and {_NO_LANDMARKS}", entry.mesh)
        elif mesh.n_faces != N_FLAME_FACES:
            text = f"5023 vertices, but not FLAME's {N_FLAME_FACES} triangles, and {_NO_LANDMARKS}"
            self._add("flame", text, entry.mesh)
        else:
            text = "no landmarks: it is taken for FLAME by its numbers alone; --flame MESH compares its triangles"
            self._add("flame", text, entry.mesh, is_wrong=False)

    def problems(self) -> tuple[Problem, ...]:
        """All problems, faults before hints."""
        self._compare_sizes()
        self._compare_images()
        found = [Problem(wrong, topic, text, tuple(files)) for (wrong, topic, text), files in self._found.items()]
        self._found.clear()
        return tuple(sorted(found, key=lambda one: not one.is_wrong))

    def _compare_sizes(self) -> None:
        if not self._sizes:
            return
        typical = float(np.median(list(self._sizes.values())))
        for entry, size in self._sizes.items():
            if not typical / _OTHER_UNIT <= size <= typical * _OTHER_UNIT:
                text = (
                    f"less than a third or more than three times as large as the others ({typical:.3g}): another unit?"
                )
                self._add("unit", text, entry.mesh)

    def _compare_images(self) -> None:
        people: dict[tuple[str, str], list[Entry]] = defaultdict(list)
        for entry in self._digests:
            people[entry.subtask, entry.person].append(entry)
        for (subtask, person), entries in people.items():
            n_shapes = len({self._digests[entry] for entry in entries})
            if subtask == "posed" and n_shapes == 1 < len(entries):
                text = "the posed mesh is the same in all images of a person: expressions and poses differ"
                self._add("mesh", text, person, is_wrong=False)
            elif subtask == "neutral" and n_shapes > 1:
                text = "the neutral mesh differs between the images of a person, who has one neutral face"
                self._add("mesh", text, person, is_wrong=False)


def _as_set(faces: Ints) -> Ints:
    """Triangles as a set: neither their order nor that of their corners counts."""
    found: Ints = np.unique(np.sort(faces, axis=1), axis=0)
    return found
