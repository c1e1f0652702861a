"""ScanBenchmark: scans and predictions of them, in folders, by one of the protocols that align first."""

import fnmatch
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from fsbench.benchmarks.scan_cases import Case, ScanFiles, find_file, list_cases, require
from fsbench.benchmarks.spec import Sample, Spec, load_spec
from fsbench.errors import FormatError, FsbenchError, MissingError, ReferenceDataError, UsageError
from fsbench.io import MESH_SUFFIXES, read_mesh, read_obj
from fsbench.io.landmarks import LANDMARK_SUFFIXES, read_landmarks
from fsbench.io.text import read_json
from fsbench.mesh import Floats, Mesh
from fsbench.protocols import landmarked, micc, now, scan
from fsbench.protocols.aligned import Measurement
from fsbench.protocols.landmarked import LandmarkWarp, PreparedLandmarkWarp
from fsbench.protocols.micc import Micc, PreparedMicc, mean_mesh
from fsbench.protocols.now import Now, PreparedNow
from fsbench.protocols.scan import PreparedScan, Scan

PROTOCOLS = ("scan", "now", "micc")
"""Protocols that this kind of benchmark is scored by."""

Protocol = Scan | LandmarkWarp | Now | Micc
Prepared = PreparedScan | PreparedLandmarkWarp | PreparedNow | PreparedMicc


@dataclass(frozen=True, slots=True)
class Choice:
    """What a user may say of the files and of the recipe.

    Attributes
    ----------
    landmarks, pred_landmarks : str
        A folder with a file of the sample's name, or a .json list of vertex indices that holds for every mesh; empty
        for none. NoW and MICC know where the scans' are.
    measure : {"nearest", "landmark-warp"}
        For "scan": nearest points after ICP, or corresponding ones by a landmark warp.
    scale : str
        "fitted" or "metric"; empty for the benchmark's own.
    unit, reference_unit : str
        Of predictions and scans, or "found".
    """

    landmarks: str = ""
    pred_landmarks: str = ""
    measure: str = "nearest"
    scale: str = ""
    unit: str = "found"
    reference_unit: str = "found"

    def settings(self) -> dict[str, Any]:
        """For a run's manifest."""
        return asdict(self)


@dataclass(frozen=True, slots=True, eq=False)
class ScanBenchmark:
    """Scans with predictions of them; use `ScanBenchmark.open`."""

    spec: Spec
    root: Path
    choice: Choice
    protocol: Protocol
    cases: dict[str, Case] = field(repr=False)
    _prepared: dict[Path, Prepared] = field(repr=False, default_factory=dict)

    @classmethod
    def open(cls, name: str, root: str | Path, choice: Choice | None = None) -> "ScanBenchmark":
        """Open benchmark `name` (or a .toml) with its data under `root`.

        Raises
        ------
        UsageError
            If the benchmark is not one of scans, a choice does not go with it, or the data is not under `root`.
        """
        chosen, spec = choice or Choice(), load_spec(name)
        if spec.protocol not in PROTOCOLS:
            raise UsageError(f"{spec.name} is scored by the protocol {spec.protocol}, which aligns no scans")
        for place in (chosen.landmarks, chosen.pred_landmarks):
            if place and not Path(place).exists():
                raise UsageError(f"{place}: no such folder or file of landmarks")
        cases = {case.sample.name: case for case in list_cases(spec, Path(root), chosen.landmarks)}
        listed = replace(spec, samples=tuple(case.sample for case in cases.values()))
        return cls(listed, Path(root), chosen, _protocol(spec, chosen), cases)

    @property
    def samples(self) -> tuple[Sample, ...]:
        """All samples, in the benchmark's order."""
        return self.spec.samples

    @property
    def metrics(self) -> tuple[str, ...]:
        """Metric columns of a run, in order."""
        kinds = {Scan: scan, LandmarkWarp: landmarked, Now: now, Micc: micc}
        names: tuple[str, ...] = kinds[type(self.protocol)].METRICS
        return names

    @property
    def signature(self) -> str:
        """All that can move a number, in one line."""
        text = self.protocol.signature(self.spec.name)
        if isinstance(self.protocol, Scan):
            given = "landmarks" if self.choice.landmarks and self.choice.pred_landmarks else "search"
            text = text.replace("|v", f"|start:{given}|v")
        return text

    def sample(self, name: str) -> Sample:
        """Return the sample called `name`; UsageError if there is none."""
        if name not in self.cases:
            raise UsageError(f"{self.spec.name} has no sample {name!r}; the first is {next(iter(self.cases))}")
        return self.cases[name].sample

    def select(self, pattern: str) -> tuple[Sample, ...]:
        """Samples by names and wildcards, separated by commas; UsageError if a part names none."""
        chosen: set[str] = set()
        for part in filter(None, (piece.strip() for piece in pattern.split(","))):
            found = fnmatch.filter(self.cases, part)
            if not found:
                raise UsageError(f"--samples {part}: there is no such sample; the first is {next(iter(self.cases))}")
            chosen.update(found)
        return tuple(sample for sample in self.samples if sample.name in chosen)

    def missing_references(self) -> list[str]:
        """Names of the samples of which no scan is there."""
        return [name for name, case in self.cases.items() if not any(one.mesh.is_file() for one in case.scans)]

    def measure(self, name: str, folder: str | Path) -> Measurement:
        """Read the sample's prediction from `folder` and compare it; with several scans, the best comparison.

        Raises
        ------
        MissingError
            If there is no prediction.
        FsbenchError
            If a file, or the alignment, is unusable.
        """
        case = self.cases[name]
        prediction, path = self._prediction(case, Path(folder))
        marks = self._pred_landmarks(case, Path(folder), path, prediction)
        prepared = [self._prepare(one, name) for one in case.scans]
        measured = [one.measure(prediction, marks) for one in prepared]  # type: ignore[arg-type]
        return min(measured, key=lambda one: next(iter(one.scores.values.values())))

    def _prediction(self, case: Case, folder: Path) -> tuple[Mesh, Path]:
        """The predicted mesh, or the mean of a video's frames, and where it is."""
        path = find_file(folder, case.prediction, MESH_SUFFIXES)
        if path is not None:
            return _read_whole(path), path
        frames = folder / case.prediction
        if isinstance(self.protocol, Micc) and frames.is_dir():
            files = [one for one in sorted(frames.iterdir()) if one.suffix.lower() in MESH_SUFFIXES]
            if files:
                return mean_mesh([_read_whole(one) for one in files]), frames
        raise MissingError(f"no prediction: there is no {folder / case.prediction} with {', '.join(MESH_SUFFIXES)}")

    def _pred_landmarks(self, case: Case, folder: Path, path: Path, prediction: Mesh) -> Floats | None:
        """The prediction's landmarks: by index, from a folder of their own, or from beside the mesh."""
        given = self.choice.pred_landmarks
        if given and Path(given).is_file():
            return _by_index(Path(given), prediction, path)
        beside = isinstance(self.protocol, Now | Micc)
        if not given and not beside:
            return None
        found = find_file(Path(given) if given else folder, case.prediction, LANDMARK_SUFFIXES)
        if found is None and (given or isinstance(self.protocol, Now)):
            where = Path(given or folder) / case.prediction
            raise MissingError(
                f"no landmarks of the prediction: there is no {where} with {', '.join(LANDMARK_SUFFIXES)}"
            )
        return None if found is None else read_landmarks(found)

    def _prepare(self, files: ScanFiles, name: str) -> Prepared:
        """The scan of these files, kept while the next samples need it too."""
        if files.mesh not in self._prepared:
            while len(self._prepared) > 1:
                del self._prepared[next(iter(self._prepared))]
            try:
                self._prepared[files.mesh] = self._read(files)
            except ReferenceDataError:
                raise
            except FsbenchError as error:
                raise ReferenceDataError(f"the scan of {name} is unusable: {error}") from None
        return self._prepared[files.mesh]

    def _read(self, files: ScanFiles) -> Prepared:
        mesh = _read_whole(require(files.mesh, f"the scan {files.mesh}"))
        protocol = self.protocol
        if isinstance(protocol, Now):
            return protocol.prepare(mesh, read_landmarks(require(files.landmarks, "the scan's file of landmarks")))
        marks = None if files.landmarks is None else read_landmarks(files.landmarks)
        if marks is None and self.choice.landmarks and Path(self.choice.landmarks).is_file():
            marks = _by_index(Path(self.choice.landmarks), mesh, files.mesh)
        if isinstance(protocol, Micc):
            if files.nose_tip is None:
                raise ReferenceDataError(f"there is no nose tip of {files.mesh} in nose_tips.csv")
            return protocol.prepare(mesh, files.nose_tip, marks, files.crop_mm)
        if isinstance(protocol, LandmarkWarp):
            if marks is None:
                raise ReferenceDataError(f"there are no landmarks of {files.mesh}, and a landmark warp needs them")
            return protocol.prepare(mesh, marks)
        return protocol.prepare(mesh, marks)


def _read_whole(path: Path) -> Mesh:
    """The mesh with every vertex of its file: vertex indices count them, and a scan's count without triangles too."""
    return read_obj(path, every_vertex=True) if path.suffix.lower() == ".obj" else read_mesh(path)


def _protocol(spec: Spec, choice: Choice) -> Protocol:
    """The recipe that specification and user ask for."""
    if spec.protocol == "scan" and choice.measure == "landmark-warp":
        if not (choice.landmarks and choice.pred_landmarks):
            raise UsageError("a landmark warp needs landmarks of both sides: give --landmarks and --pred-landmarks")
        return LandmarkWarp(reference_unit=choice.reference_unit)
    if choice.measure != "nearest":
        raise UsageError(f"--measure {choice.measure} goes with `scan` only, or there is no such measure")
    if spec.protocol == "scan":
        if choice.scale not in ("", "fitted", "metric"):
            raise UsageError(f"--scale {choice.scale}: expected fitted or metric")
        return Scan(choice.scale or "fitted", choice.unit, choice.reference_unit)  # type: ignore[arg-type]
    if choice.scale:
        raise UsageError(f"{spec.name} settles the scale itself; --scale goes with `scan` only")
    if spec.protocol == "now":
        return Now(spec.raw["scale"], choice.unit)
    recipes = {"deng2019": Micc.deng2019, "ganfit2021": Micc.ganfit2021}
    if spec.raw["recipe"] not in recipes:
        raise UsageError(f"{spec.name}: there is no recipe {spec.raw['recipe']!r}; known are {', '.join(recipes)}")
    return replace(recipes[spec.raw["recipe"]](), reference_unit=choice.reference_unit)


def _by_index(path: Path, mesh: Mesh, whose: Path) -> Floats:
    """Landmarks of a mesh by the vertex indices in a .json list."""
    indices = read_json(path)
    if not isinstance(indices, list) or not all(type(index) is int for index in indices):
        raise FormatError(f"{path}: expected a list of vertex indices, or name a folder of landmark files")
    if not indices or min(indices) < 0 or max(indices) >= mesh.n_vertices:
        raise FormatError(f"{path}: indices go to {max(indices, default=0)}, {whose} has {mesh.n_vertices} vertices")
    points: Floats = mesh.vertices[np.array(indices)]
    return points
