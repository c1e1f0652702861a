"""Benchmark: a specification with its data under a root."""

import hashlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

import fsbench
from fsbench.benchmarks import selection
from fsbench.benchmarks.cache import PreparedCache
from fsbench.benchmarks.facescape_files import FaceScapeFiles, Predef
from fsbench.benchmarks.spec import Sample, Spec, load_spec
from fsbench.core.errors import FsbenchError, ReferenceDataError, UsageError
from fsbench.core.mesh import Floats, Mesh
from fsbench.geometry.cameras import OrthographicCamera, PinholeCamera
from fsbench.io import read_mesh
from fsbench.io.files import MAX_MESH_BYTES, open_regular
from fsbench.io.npy import read_array
from fsbench.io.text import read_json
from fsbench.protocols.facescape.protocol import METRICS, PREPARED_VERSION, PUPIL_DISTANCE_MM, FaceScape, Prepared, View

_LARGEST_SKEW = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Benchmark:
    """A benchmark of the FaceScape protocol whose files are under `root`.

    Use `Benchmark.open`, which checks that they are.

    Examples
    --------
    >>> benchmark = Benchmark.open("fswild", "facescape/benchmark")             # doctest: +SKIP
    >>> prepared = benchmark.prepare("000")                                    # doctest: +SKIP
    >>> prepared.compare(vertices, faces).cd_mm                                # doctest: +SKIP
    """

    spec: Spec
    root: Path
    protocol: FaceScape
    files: FaceScapeFiles
    _predef: dict[str, Floats] = field(repr=False)

    @classmethod
    def open(cls, name: str, root: str | Path) -> "Benchmark":
        """Open benchmark `name` (or a .toml) with its data under `root`.

        Raises
        ------
        UsageError
            If the benchmark is not known, `root` is no folder, or holds none of its references.
        FormatError
            If the specification lacks what the protocol needs.
        ReferenceDataError
            If a predef array has another shape, or holds what is no rotation or scale.
        """
        spec, root = load_spec(name), Path(root).absolute()
        if spec.protocol != "facescape":
            raise UsageError(f"{spec.name} is scored by the protocol {spec.protocol}, not by facescape")
        if not root.is_dir():
            raise UsageError(f"{root}: no such folder; --root is the checkout's benchmark/ folder, see {spec.where}")
        files = FaceScapeFiles.of(spec)
        predef = {
            "rotation": _read_predef(root, files.rotation, spec, _rotations),
            "head_center": _read_predef(root, files.head_center, spec, None),
        }
        if files.mm_per_unit:
            predef["mm_per_unit"] = _read_predef(root, files.mm_per_unit, spec, _scales)
        benchmark = cls(spec, root, FaceScape(files.align), files, predef)
        if not any(benchmark.reference_path(sample).is_file() for sample in spec.samples):
            first = benchmark.reference_path(spec.samples[0])
            raise UsageError(
                f"{root}: none of the {len(spec.samples)} references is here, e.g. {first}; get them from {spec.where}"
            )
        return benchmark

    @property
    def samples(self) -> tuple[Sample, ...]:
        """All samples, in the benchmark's order."""
        return self.spec.samples

    @property
    def metrics(self) -> tuple[str, ...]:
        """Metric columns of a run, in order."""
        return METRICS

    @property
    def signature(self) -> str:
        """All that can move a number, in one line."""
        return self.protocol.signature(self.spec.signed_name)

    @property
    def predef_digest(self) -> str:
        """Short, and another one when an array that comes with the references has changed."""
        digest = hashlib.sha256()
        for array in self._predef.values():
            digest.update(array.tobytes())
        return digest.hexdigest()[:16]

    def sample(self, name: str) -> Sample:
        """Return the sample called `name`; UsageError if there is none."""
        return selection.find(self.spec.samples, name, self.spec.name)

    def select(self, pattern: str) -> tuple[Sample, ...]:
        """Samples by names, ranges and wildcards, e.g. "000-009,123" or "03_*".

        Raises
        ------
        UsageError
            If a part names no sample.
        """
        return selection.select(self.spec.samples, pattern, self.spec.name)

    @property
    def in_the_lab(self) -> bool:
        """Whether every sample has a pinhole camera of its own; in the wild the camera is orthographic."""
        return self.files.camera is not None

    def focal_px(self, sample: Sample) -> float | None:
        """Focal length in pixels; None in the wild."""
        return self._pinhole(sample)[0].focal_x_px if self.in_the_lab else None

    def reference_path(self, sample: Sample) -> Path:
        """Where the sample's reference mesh is."""
        return self.root / self.files.mesh.format(**sample.index)

    def missing_references(self) -> list[str]:
        """Names of the samples whose reference mesh or camera is not under the root."""
        there: dict[str, bool] = {}
        missing = []
        for sample in self.spec.samples:
            files = self.files.of_sample(sample)
            for file in files:
                if file not in there:
                    there[file] = (self.root / file).is_file()
            if not all(there[file] for file in files):
                missing.append(sample.name)
        return missing

    def prepare(self, sample: Sample | str, threads: int = 1, cache: PreparedCache | None = None) -> Prepared:
        """Read the sample's reference and compute all that depends on it alone.

        Parameters
        ----------
        sample : Sample or str
        threads : int
            Threads of every query, of the predictions' too.
        cache : PreparedCache, optional
            Where it is looked up first, and kept. The numbers are the same with and without.

        Raises
        ------
        ReferenceDataError
            If the reference or its camera is missing or unusable.
        """
        if isinstance(sample, str):
            sample = self.sample(sample)
        path = self.reference_path(sample)
        if not path.is_file():
            raise ReferenceDataError(f"the reference {path} is not there")
        try:
            file, _ = open_regular(path, MAX_MESH_BYTES)
            with file:
                content = hashlib.file_digest(file, "sha256").digest()
            placement = self._placement(sample)
            key = PreparedCache.key([*self._code(), content, *placement.parts()])
            if cache and (prepared := self._kept(cache, key, placement.view)):
                return prepared
            mesh = _read_reference(path, content)
            prepared = self.protocol.prepare(placement.apply(mesh), placement.view, threads)
        except ReferenceDataError:
            raise
        except FsbenchError as error:
            raise ReferenceDataError(f"the reference of {sample.name} is unusable: {error}") from None
        if cache:
            _keep(cache, key, prepared)
        return prepared

    def _code(self) -> list[bytes]:
        """What computes: a kept reference of other code is not used."""
        return [f"fsbench {fsbench.__version__} {PREPARED_VERSION}".encode(), self.protocol.signature("").encode()]

    def _kept(self, cache: PreparedCache, key: str, view: View) -> Prepared | None:
        arrays = cache.load(key)
        try:
            return self.protocol.restore(arrays, view) if arrays is not None else None
        except (LookupError, ValueError, TypeError):
            # Whole, but not of our making: it is computed again.
            return None

    def _placement(self, sample: Sample) -> "_Placement":
        """How the reference gets into the camera frame in mm, and how it is looked at."""
        rotation = self._predef["rotation"][sample.index[self.files.rotation.axis]]
        center = self._predef["head_center"][sample.index[self.files.head_center.axis]]
        if self.in_the_lab:
            camera, Rt = self._pinhole(sample)
            return _Placement(Rt, PUPIL_DISTANCE_MM, View(camera, rotation, center, PUPIL_DISTANCE_MM))
        assert self.files.mm_per_unit is not None, "in the wild there is a scale"
        scale = float(self._predef["mm_per_unit"][sample.index[self.files.mm_per_unit.axis]])
        return _Placement(None, scale, View(OrthographicCamera(scale), rotation, center * scale, scale))

    def _pinhole(self, sample: Sample) -> tuple[PinholeCamera, Floats]:
        assert self.files.camera is not None, "only the lab has cameras"
        path = self.root / self.files.camera.format(**sample.index)
        if not path.is_file():
            raise ReferenceDataError(f"the camera {path} is not there")
        try:
            K, Rt = (np.array(matrix, np.float64) for matrix in read_json(path))
        except (ValueError, TypeError) as error:
            raise ReferenceDataError(f"{path}: expected [K (3x3), Rt (3x4)]: {error}") from None
        if Rt.shape != (3, 4) or not np.isfinite(Rt).all():
            raise ReferenceDataError(f"{path}: Rt has shape {Rt.shape}, expected a finite (3, 4)")
        return PinholeCamera.from_matrix(K), Rt


@dataclass(frozen=True, slots=True, eq=False)
class _Placement:
    """Camera from reference coordinates, `Rt` (3, 4) if they differ, millimetres per unit, and the view."""

    Rt: Floats | None
    mm_per_unit: float
    view: View

    def apply(self, mesh: Mesh) -> Mesh:
        """The reference in the camera frame in mm."""
        vertices = mesh.vertices if self.Rt is None else mesh.vertices @ self.Rt[:, :3].T + self.Rt[:, 3]
        return Mesh(vertices * self.mm_per_unit, mesh.faces)

    def parts(self) -> list[bytes]:
        """All of it as bytes."""
        view = self.view
        numbers = (np.zeros(0) if self.Rt is None else self.Rt, view.head_rotation, view.head_center_mm)
        return [repr((view.camera, self.mm_per_unit, view.mm_per_unit)).encode(), *(part.tobytes() for part in numbers)]


@lru_cache(maxsize=1)
def _read_reference(path: Path, content: bytes) -> Mesh:
    """In the lab all samples of a subject, one after the other, share a mesh; `content` is the file's digest."""
    return read_mesh(path)


def _keep(cache: PreparedCache, key: str, prepared: Prepared) -> None:
    try:
        cache.store(key, prepared.arrays())
    except OSError as error:
        message = f"prepared references are not kept: {cache.folder}: {error.strerror}; pass --no-cache or make room"
        warnings.warn(message, stacklevel=3)


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
    """What is wrong with (n, 3, 3) rotations; the public ones are orthonormal to 1e-7."""
    off = np.abs(np.einsum("nij,nik->njk", array, array) - np.eye(3)).max((1, 2))
    worst = int(off.argmax())
    if off[worst] > _LARGEST_SKEW or np.linalg.det(array).min() < 0:
        return f"number {worst} is no rotation: it stretches by {off[worst]:.2g}, or mirrors"
    return ""


def _scales(array: Floats) -> str:
    """What is wrong with (n,) scales."""
    return "" if (array > 0).all() else f"number {int(array.argmin())} is {array.min():g}, a scale is positive"
