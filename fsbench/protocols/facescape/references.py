"""The references of a FaceScape benchmark: meshes, cameras, and the arrays that come with them."""

import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from fsbench.core.errors import FormatError, ReferenceDataError, UsageError
from fsbench.core.mesh import Floats, Mesh
from fsbench.core.spec import Sample, Spec
from fsbench.geometry.cameras import OrthographicCamera, PinholeCamera
from fsbench.io import read_mesh
from fsbench.io.files import MAX_MESH_BYTES, digest_of
from fsbench.io.names import named
from fsbench.io.npy import read_array
from fsbench.io.text import read_json
from fsbench.protocols.facescape.files import FaceScapeFiles, Predef
from fsbench.protocols.facescape.protocol import PREPARED_VERSION, PUPIL_DISTANCE_MM, View
from fsbench.protocols.files import LandmarkReader
from fsbench.protocols.protocol import Reference, References

_LARGEST_SKEW = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class FaceScapeReferences(References):
    """References under `root`; use `find`, which checks that they exist.

    `landmarks` are those that the user names, in the frame and unit of the reference meshes; patterns have `{sample}`
    and `{mesh}`, the name of the mesh file without its ending.
    """

    spec: Spec
    root: Path
    settings: Any
    layout: FaceScapeFiles
    _predef: dict[str, Floats] = field(repr=False)
    _samples: dict[str, Sample] = field(repr=False)
    landmarks: LandmarkReader | None = None

    @classmethod
    def find(cls, spec: Spec, root: Path, settings: Any) -> "FaceScapeReferences":
        """Find the references that a specification names.

        Raises
        ------
        UsageError
            If `root` is no folder, or holds none of the references.
        FormatError
            If the specification lacks a key that the protocol needs.
        ReferenceDataError
            If a predef array has another shape, or its values are not rotations or scales.
        """
        if not root.is_dir():
            raise UsageError(f"{root}: no such folder; --root is the checkout's benchmark/ folder, see {spec.where}")
        layout = FaceScapeFiles.of(spec)
        predef = {
            "rotation": _read_predef(root, layout.rotation, spec, _rotations),
            "head_center": _read_predef(root, layout.head_center, spec, None),
        }
        if layout.mm_per_unit:
            predef["mm_per_unit"] = _read_predef(root, layout.mm_per_unit, spec, _scales)
        found = cls(spec, root, settings, layout, predef, {sample.name: sample for sample in spec.samples})
        if not any(found._mesh_path(sample).is_file() for sample in spec.samples):
            first = found._mesh_path(spec.samples[0])
            raise UsageError(
                f"{root}: none of the {len(spec.samples)} references is here, e.g. {first}; get them from {spec.where}"
            )
        return found

    @property
    def samples(self) -> tuple[Sample, ...]:
        """All samples, in the specification's order."""
        return self.spec.samples

    @property
    def sources(self) -> tuple[Path, ...]:
        """The arrays that come with the references."""
        entries = (self.layout.rotation, self.layout.head_center, self.layout.mm_per_unit)
        return tuple(self.root / entry.file for entry in entries if entry)

    @property
    def digest(self) -> str:
        """Changes with an array that comes with the references."""
        digest = hashlib.sha256()
        for array in self._predef.values():
            digest.update(array.tobytes())
        return digest.hexdigest()[:16]

    @property
    def has_pinholes(self) -> bool:
        """In the lab every sample has a pinhole camera; in the wild the camera is orthographic."""
        return self.layout.camera is not None

    def focal_px(self, name: str) -> float | None:
        """Focal length in pixels; None in the wild."""
        return self._pinhole(self._samples[name])[0].focal_x_px if self.has_pinholes else None

    def files(self, name: str) -> list[Path]:
        """The sample's mesh, in the lab its camera, and a file of landmarks."""
        marks = None
        if self.landmarks is not None and not self.landmarks.indices:
            with suppress(FormatError):  # several fit: the row of the sample reports it
                marks = self.landmarks.path(self.root, self._names(name))
        return self._own_files(name) + ([] if marks is None else [marks])

    def _own_files(self, name: str) -> list[Path]:
        return [self._path(file) for file in self.layout.of_sample(self._samples[name])]

    def missing(self) -> list[str]:
        """Names of the samples whose mesh or camera is not under the root."""
        there: dict[Path, bool] = {}
        missing = []
        for name in self._samples:
            files = self._own_files(name)
            for file in files:
                if file not in there:
                    there[file] = file.is_file()
            if not all(there[file] for file in files):
                missing.append(name)
        return missing

    def inputs(self, name: str) -> Mapping[str, Any]:
        """The sample's view (`view`), and the map of its mesh into the camera frame (`place`)."""
        place, view = self._placement(self._samples[name])
        return {"view": view, "place": place}

    def read(self, name: str) -> Reference:
        """Read the sample's mesh, in the file's frame and unit; errors as `References.read`."""
        mesh = _read_reference(self._existing_mesh(name), self._digest(name))
        if self.landmarks is None:
            return Reference(mesh, self.inputs(name))
        return Reference(mesh, {**self.inputs(name), "landmarks": self._read_landmarks(name, self.landmarks)})

    def content(self, name: str) -> list[bytes]:
        """The mesh, its view and the version of the code, for the key of a prepared reference."""
        code = [f"{PREPARED_VERSION}".encode(), self.settings.signature("").encode()]
        place, view = self._placement(self._samples[name])
        marks = [] if self.landmarks is None else [self.landmarks.content(self.root, self._names(name)).encode()]
        return [*code, self._digest(name).encode(), *place.parts(), *view.parts(), *marks]

    def with_landmarks(self, source: LandmarkReader) -> "FaceScapeReferences":
        """The same references with landmarks."""
        return replace(self, landmarks=source)

    @property
    def has_named_landmarks(self) -> bool:
        """Whether there are landmarks, which only the user can name."""
        return self.landmarks is not None

    def digests(self) -> Mapping[str, str]:
        """Digest of the references if they are not the published ones, and of all landmarks, as they move the pose."""
        found = {"references": self._fingerprint()} if self._are_others else {}
        if self.landmarks is None:
            return found
        digest = hashlib.sha256()
        for name in self._samples:
            with suppress(FormatError):
                digest.update(f"{name} {self.landmarks.content(self.root, self._names(name))}\n".encode())
        return found | {"landmarks": digest.hexdigest()[:8]}

    def _fingerprint(self) -> str:
        """A short digest of the arrays, the meshes and the cameras."""
        digest = hashlib.sha256(self.digest.encode())
        for path in dict.fromkeys(path for name in self._samples for path in self._own_files(name)):
            content = ""
            with suppress(FormatError):  # the row of its samples reports it
                content = digest_of(path, MAX_MESH_BYTES)
            digest.update(f"{path.relative_to(self.root)} {content}\n".encode("utf-8", "surrogateescape"))
        return digest.hexdigest()[:8]

    @property
    def cautions(self) -> tuple[str, ...]:
        """That these are not the published references, as those of `fsbench sample`."""
        if not self._are_others:
            return ()
        return (
            f"Other references than the published ones of {self.spec.title} (other poses in code/predef): compare the "
            "scores with runs on the same data only",
        )

    @property
    def _are_others(self) -> bool:
        return self.layout.predef_digest not in ("", self.digest)

    def refuse_useless_landmarks(self, predictions: LandmarkReader | None) -> None:
        """Raise UsageError if a side's landmarks cannot be found, or the sides have different numbers of them."""
        if self.landmarks is None or predictions is None:
            return
        self.landmarks.refuse_unknown(self._names(self.spec.samples[0].name))
        if not predictions.indices:
            raise UsageError(
                f"--pred-landmarks: {self.spec.name} keeps the camera, and an adapter moves the meshes only: give "
                "vertex numbers (a .json or .npy list, or 12,55,93)"
            )
        ours, theirs = len(self.landmarks.indices), len(predictions.indices)
        if ours and ours != theirs:
            raise UsageError(
                f"--landmarks names {ours} vertices, --pred-landmarks {theirs}: both sides need the same points in the "
                "same order"
            )

    def _names(self, name: str) -> dict[str, str]:
        return {"sample": name, "mesh": self._mesh_path(self._samples[name]).stem}

    def _read_landmarks(self, name: str, source: LandmarkReader) -> Floats:
        mesh, names = self._mesh_path(self._samples[name]), self._names(name)
        found = source.read(self.root, names, mesh)
        if found is None:
            raise ReferenceDataError(f"there are no landmarks of {mesh}, expected {source.wanted(self.root, names)}")
        return found

    def _path(self, file: str) -> Path:
        # The exact name comes first where several fit, and is there as a rule.
        exact = self.root / file
        return exact if exact.is_file() else next(iter(named(self.root, file)), exact)

    def _mesh_path(self, sample: Sample) -> Path:
        return self._path(self.layout.mesh.format(**sample.index))

    def _existing_mesh(self, name: str) -> Path:
        path = self._mesh_path(self._samples[name])
        if not path.is_file():
            raise ReferenceDataError(f"the reference {path} is not there")
        return path

    def _digest(self, name: str) -> str:
        return digest_of(self._existing_mesh(name), MAX_MESH_BYTES)

    def _placement(self, sample: Sample) -> "tuple[Placement, View]":
        rotation = self._predef["rotation"][sample.index[self.layout.rotation.axis]]
        center = self._predef["head_center"][sample.index[self.layout.head_center.axis]]
        if self.has_pinholes:
            camera, Rt = self._pinhole(sample)
            return Placement(Rt, PUPIL_DISTANCE_MM), View(camera, rotation, center, PUPIL_DISTANCE_MM)
        assert self.layout.mm_per_unit is not None, "in the wild there is a scale"
        scale = float(self._predef["mm_per_unit"][sample.index[self.layout.mm_per_unit.axis]])
        return Placement(None, scale), View(OrthographicCamera(scale), rotation, center * scale, scale)

    def _pinhole(self, sample: Sample) -> tuple[PinholeCamera, Floats]:
        assert self.layout.camera is not None, "only the lab has cameras"
        path = self._path(self.layout.camera.format(**sample.index))
        if not path.is_file():
            raise ReferenceDataError(f"the camera {path} is not there")
        try:
            K, Rt = (np.array(matrix, np.float64) for matrix in read_json(path))
        except (ValueError, TypeError) as error:
            raise ReferenceDataError(f"{path}: expected [K (3x3), Rt (3x4)]: {error}") from None
        if Rt.shape != (3, 4) or not np.isfinite(Rt).all():
            raise ReferenceDataError(f"{path}: Rt has shape {Rt.shape}, expected a finite (3, 4)")
        if _rotations(Rt[None, :, :3]):
            raise ReferenceDataError(f"{path}: the first three columns of Rt are no rotation: they stretch, or mirror")
        return PinholeCamera.from_matrix(K), Rt


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """From reference coordinates to the camera frame in mm: `Rt` (3, 4) if the frames differ, millimetres per unit."""

    Rt: Floats | None
    mm_per_unit: float

    def apply(self, mesh: Mesh) -> Mesh:
        """The reference in the camera frame in mm."""
        return mesh.with_vertices(self.place(mesh.vertices))

    def place(self, points: Floats) -> Floats:
        """Points (n, 3) of the reference in the camera frame in mm."""
        placed = points if self.Rt is None else points @ self.Rt[:, :3].T + self.Rt[:, 3]
        return placed * self.mm_per_unit

    def parts(self) -> list[bytes]:
        """The placement as bytes."""
        return [repr(self.mm_per_unit).encode(), (np.zeros(0) if self.Rt is None else self.Rt).tobytes()]


@lru_cache(maxsize=1)
def _read_reference(path: Path, content: str) -> Mesh:
    """In the lab the samples of a subject come one after the other and share a mesh; `content` is its file's digest."""
    return read_mesh(path)


def _read_predef(root: Path, entry: Predef, spec: Spec, fault: Callable[[Floats], str] | None) -> Floats:
    path = root / entry.file
    if not path.is_file():
        raise UsageError(
            f"{path} is not there: --root should be the benchmark's folder with code/ and data/; see {spec.where}"
        )
    array = read_array(path)
    expected = (spec.raw["samples"]["axes"][entry.axis], *entry.shape)
    if array.shape != expected or array.dtype.kind != "f" or not np.isfinite(array).all():
        raise ReferenceDataError(
            f"{path}: {array.dtype} array of shape {array.shape}, expected finite numbers of shape {expected}"
        )
    numbers: Floats = array.astype(np.float64)
    if fault and (what := fault(numbers)):
        raise ReferenceDataError(f"{path}: {what}")
    return numbers


def _rotations(array: Floats) -> str:
    """The fault of (n, 3, 3) rotations, empty if none; the public ones are orthonormal to 1e-7."""
    off = np.abs(np.einsum("nij,nik->njk", array, array) - np.eye(3)).max((1, 2))
    worst = int(off.argmax())
    if off[worst] > _LARGEST_SKEW or np.linalg.det(array).min() < 0:
        return f"number {worst} is no rotation: it stretches by {off[worst]:.2g}, or mirrors"
    return ""


def _scales(array: Floats) -> str:
    """The fault of (n,) scales, empty if none."""
    return "" if (array > 0).all() else f"number {int(array.argmin())} is {array.min():g}, expected a scale > 0"
