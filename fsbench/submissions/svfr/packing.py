"""Pack folders of reconstructions into the zip for the SVFR benchmark."""

import os
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath

import numpy as np

from fsbench.core.errors import FormatError, UsageError
from fsbench.core.mesh import Floats, Mesh
from fsbench.io import MESH_SUFFIXES, read_mesh
from fsbench.io.folders import landmarks_called, the_one, with_an_ending
from fsbench.io.landmark_places import read_places
from fsbench.io.names import distinct, folder_named, named, spellings
from fsbench.io.write import ply_bytes
from fsbench.submissions.svfr.images import N_FLAME_VERTICES, Entry, images

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Packed:
    """What was written.

    Attributes
    ----------
    n_meshes, n_landmarks : int
    n_images : int
        Of the benchmark.
    """

    n_meshes: int
    n_landmarks: int
    n_images: int


def pack(out: str | os.PathLike[str], folders: Mapping[str, str | os.PathLike[str]]) -> Packed:
    """Write a zip.

    Every vertex stays where it is in its file, used or not, so that vertex numbers hold; positions in single precision.

    Parameters
    ----------
    out : path
        The zip; it must not exist.
    folders : mapping of str to path
        Subtask to the folder of its reconstructions, see `docs/svfr.md`.

    Raises
    ------
    UsageError
        If there is nothing to pack, a folder or an image's mesh is missing, or the zip cannot be written.
    FormatError, MeshError
        If a file is unusable, or it is not clear which one is meant.
    """
    target, known = Path(out), images()
    if not folders:
        raise UsageError("nothing to pack: name a folder of posed or of neutral meshes, or of both")
    if target.exists():
        raise UsageError(f"{target} exists already; choose another name, or remove it")
    sources = [_found(Path(folder), subtask, known) for subtask, folder in folders.items()]
    partial = target.with_name(f"{target.name}.partial")
    try:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
            n_landmarks = sum(_add(archive, one) for source in sources for one in source)
        partial.replace(target)
    except OSError as error:
        raise UsageError(f"{target}: cannot be written: {error}") from error
    finally:
        partial.unlink(missing_ok=True)
    return Packed(len(sources) * len(known), n_landmarks, len(known))


@dataclass(frozen=True, slots=True)
class _Source:
    entry: Entry
    mesh: Path
    landmarks: Path | None


def _found(folder: Path, subtask: str, known: tuple[str, ...]) -> list[_Source]:
    """The files of every image; UsageError if a mesh is missing."""
    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder of {subtask} meshes")
    meshes = {image: _mesh_of(folder, image, subtask) for image in known}
    missing = [image for image, mesh in meshes.items() if mesh is None]
    if missing:
        some = ", ".join(missing[:_SHOWN]) + (" ..." if len(missing) > _SHOWN else "")
        raise UsageError(
            f"{folder}: no {subtask} mesh for {len(missing)} of {len(known)} images: {some}. Expected "
            f"{missing[0]}/mesh_{subtask} with {', '.join(MESH_SUFFIXES)}; the benchmark takes complete zips only"
        )
    sources = [(Entry(image, subtask), mesh) for image, mesh in meshes.items() if mesh is not None]
    return [_Source(entry, mesh, _landmarks_of(mesh, subtask)) for entry, mesh in sources]


def _mesh_of(folder: Path, image: str, subtask: str) -> Path | None:
    """IMAGE/mesh_SUBTASK, or the only mesh in IMAGE/, or IMAGE itself with an ending of meshes."""
    for candidates in (_called_so, _alone, _flat):
        found = distinct(path for spelt in spellings(image) for path in candidates(folder, spelt, subtask))
        if len(found) > 1:
            raise FormatError(f"{found[0]} and {found[1]} could both be the {subtask} mesh of {image}: leave one")
        if found:
            return found[0]
    return None


def _called_so(folder: Path, image: str, subtask: str) -> Iterator[Path]:
    return (path for ending in MESH_SUFFIXES for path in named(folder, f"{image}/mesh_{subtask}{ending}"))


def _alone(folder: Path, image: str, subtask: str) -> Iterator[Path]:
    inside = folder
    for part in PurePosixPath(image).parts:
        inside = folder_named(inside, part)
    paths = sorted(inside.iterdir()) if inside.is_dir() else []
    return (path for path in paths if path.suffix.lower() in MESH_SUFFIXES and path.name[0] != "." and path.is_file())


def _flat(folder: Path, image: str, subtask: str) -> Iterator[Path]:
    return (path for ending in MESH_SUFFIXES for path in named(folder, f"{image}{ending}"))


def _landmarks_of(mesh: Path, subtask: str) -> Path | None:
    """landmarks_SUBTASK beside the mesh, or a file of landmarks with the mesh's own name."""
    names = (f"landmarks_{subtask}", mesh.stem)
    return next((one for name in names if (one := the_one(landmarks_called(mesh.parent, name)))), None)


def _add(archive: zipfile.ZipFile, source: _Source) -> bool:
    """Write a mesh and its landmarks; return whether it has some."""
    entry, mesh = source.entry, read_mesh(source.mesh, every_vertex=True)
    if not mesh.n_faces:
        raise FormatError(f"{source.mesh}: has no faces, and the benchmark takes meshes only")
    if np.abs(mesh.vertices).max() > np.finfo(np.float32).max:
        raise FormatError(f"{source.mesh}: has coordinates beyond single precision, in which the zip keeps them")
    _write(archive, entry.mesh, ply_bytes(mesh, single=True))
    if source.landmarks is None:
        _expect_flame(mesh, source)
        return False
    content = BytesIO()
    np.save(content, _seven(source.landmarks, source.mesh))
    _write(archive, entry.landmarks, content.getvalue())
    return True


def _expect_flame(mesh: Mesh, source: _Source) -> None:
    if mesh.n_vertices != N_FLAME_VERTICES:
        wanted = with_an_ending(source.mesh.with_name(f"landmarks_{source.entry.subtask}"))
        raise FormatError(
            f"{source.mesh}: has {mesh.n_vertices} vertices and no landmarks; only meshes of FLAME's topology "
            f"({N_FLAME_VERTICES}) need none. Expected {wanted}"
        )


def _seven(path: Path, mesh: Path) -> Floats:
    marks = read_places(path).on(mesh)
    if marks.shape != (7, 3):
        raise FormatError(f"{path}: holds landmarks of shape {marks.shape}, expected (7, 3)")
    return np.ascontiguousarray(marks, np.float64)


def _write(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """Write a member without time and with fixed permissions, so that equal files give an equal zip."""
    member = zipfile.ZipInfo(name)
    member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o100644 << 16
    archive.writestr(member, content)
