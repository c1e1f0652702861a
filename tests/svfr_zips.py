"""Zips for the SVFR benchmark: a complete one of a small face, and what may go wrong with it."""

import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np

from fsbench.core.mesh import Mesh
from fsbench.io.write import ply_bytes
from fsbench.submissions.svfr.images import images
from tests.heads import head

HEAD = head(12, 16)
# On the surface of `head` where the features would be: eyes from the image's left, nose, mouth.
SEVEN = np.array(
    [[-45.0, 25, 75], [-16, 25, 90], [16, 25, 90], [45, 25, 75], [0, -25, 105], [-25, -50, 80], [25, -50, 80]]
)
FIRST = images()[0]
MESH, MARKS = f"{FIRST}/mesh_posed.ply", f"{FIRST}/landmarks_posed.npy"
Files = dict[str, bytes]


def npy(array: np.ndarray, allow_pickle: bool = False) -> bytes:
    content = BytesIO()
    np.save(content, array, allow_pickle=allow_pickle)
    return content.getvalue()


def complete(*subtasks: str) -> Files:
    """Every image another face: the size of the head grows."""
    files = {}
    for i, image in enumerate(images()):
        grown = 1 + 1e-3 * i
        for subtask in subtasks:
            size = grown if subtask == "posed" else 1.0
            files[f"{image}/mesh_{subtask}.ply"] = ply_bytes(Mesh(HEAD.vertices * size, HEAD.faces), single=True)
            files[f"{image}/landmarks_{subtask}.npy"] = npy(SEVEN * size)
    return files


def write(path: Path, files: Files, compression: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def with_vertices(n: int, n_used: int) -> bytes:
    """A mesh of so many vertices, of which the first are used."""
    rng = np.random.default_rng(n)
    corners = np.arange(n_used)
    faces = np.column_stack([corners, np.roll(corners, 1), np.roll(corners, 2)])
    return ply_bytes(Mesh(rng.normal(size=(n, 3)) * 80, faces), single=True)


def ascii_ply(mesh: Mesh) -> bytes:
    lines = ["ply", "format ascii 1.0", f"element vertex {mesh.n_vertices}"]
    lines += [f"property float {axis}" for axis in "xyz"]
    lines += [f"element face {mesh.n_faces}", "property list uchar int vertex_indices", "end_header"]
    lines += [f"{x:.6g} {y:.6g} {z:.6g}" for x, y, z in mesh.vertices] + [f"3 {a} {b} {c}" for a, b, c in mesh.faces]
    return ("\n".join(lines) + "\n").encode()


def nan_vertices() -> bytes:
    content = bytearray(ply_bytes(HEAD, single=True))
    start = content.index(b"end_header\n") + len(b"end_header\n")
    content[start : start + 12] = np.full(3, np.nan, "<f4").tobytes()
    return bytes(content)


def _renamed(files: Files, change: Callable[[str], str]) -> Files:
    return {change(name): content for name, content in files.items()}


def unpad_timestep(name: str) -> str:
    person, image, file = name.split("/")
    sequence, timestep, camera = image.rsplit("_", 2)
    return f"{person}/{sequence}_{int(timestep)}_{camera}/{file}"


def unpad_person(name: str) -> str:
    person, _, rest = name.partition("/")
    return f"{int(person)}/{rest}"


def _first_images() -> set[str]:
    people: dict[str, str] = {}
    for image in images():
        people.setdefault(image.partition("/")[0], image)
    return set(people.values())


def _without_first(files: Files) -> Files:
    gone = _first_images()
    return {name: content for name, content in files.items() if name.rpartition("/")[0] not in gone}


def _without(files: Files, name: str) -> Files:
    return {known: content for known, content in files.items() if known != name}


def cases() -> dict[str, Callable[[], Files]]:
    """The 22 zips of the golden file, by its names."""
    posed, both = complete("posed"), complete("posed", "neutral")
    flat = f"{FIRST}/mesh_neutral.ply", f"{FIRST}/landmarks_neutral.npy"
    other = with_vertices(5023, 5000)
    return {
        "complete posed": lambda: posed,
        "complete both": lambda: both,
        "first image of every person missing": lambda: _without_first(posed),
        "extra readme": lambda: posed | {"README.txt": b"x"},
        "wrapped in a folder": lambda: _renamed(posed, "submission/{}".format),
        "mac metadata": lambda: posed | {f"__MACOSX/._{FIRST}": b"x"},
        "nan vertices": lambda: posed | {MESH: nan_vertices()},
        "no faces": lambda: posed | {MESH: ply_bytes(Mesh(HEAD.vertices), single=True)},
        "landmarks 3x7": lambda: posed | {MARKS: npy(SEVEN.T)},
        "landmarks nan": lambda: posed | {MARKS: npy(np.full((7, 3), np.nan))},
        "landmarks all the same": lambda: posed | {MARKS: npy(np.ones((7, 3)))},
        "landmarks int": lambda: posed | {MARKS: npy(SEVEN.astype(int))},
        "landmarks pickled object": lambda: posed | {MARKS: npy(np.array([None] * 7, object), allow_pickle=True)},
        "landmarks missing": lambda: _without(posed, MARKS),
        "5023 vertices, other topology, no landmarks": lambda: _without(posed, MARKS) | {MESH: other},
        "5023 vertices, wrong-shaped landmarks": lambda: posed | {MESH: other, MARKS: npy(SEVEN.T)},
        "ascii ply": lambda: posed | {MESH: ascii_ply(HEAD)},
        "broken ply": lambda: posed | {MESH: posed[MESH][:-40]},
        "unpadded timestep": lambda: _renamed(posed, unpad_timestep),
        "id not padded": lambda: _renamed(posed, unpad_person),
        "one neutral mesh only added": lambda: posed | dict(zip(flat, (posed[MESH], posed[MARKS]), strict=True)),
        "obj instead of ply": lambda: _renamed(posed, lambda name: name.replace(".ply", ".obj")),
    }
