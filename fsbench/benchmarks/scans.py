"""ScanBenchmark: scans and predictions of them, in folders, by one of the protocols that align first."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fsbench.benchmarks import selection
from fsbench.benchmarks.landmark_source import LandmarkSource, parse_source, the_one
from fsbench.benchmarks.predictions import Frame, PredictionFiles
from fsbench.benchmarks.recipes import Choice, Protocol, protocol_of
from fsbench.benchmarks.scan_cases import Case, ScanFiles, list_cases
from fsbench.benchmarks.spec import Sample, Spec, load_spec
from fsbench.core.errors import FormatError, FsbenchError, MetricError, ReferenceDataError, UsageError
from fsbench.core.mesh import Floats, Mesh
from fsbench.io import read_mesh
from fsbench.io.landmarks import read_landmarks
from fsbench.protocols.aligned import Measurement, Scores
from fsbench.protocols.landmark_warp import protocol as landmarked
from fsbench.protocols.landmark_warp.protocol import LandmarkWarp, PreparedLandmarkWarp
from fsbench.protocols.micc import protocol as micc
from fsbench.protocols.micc.protocol import Micc, PreparedMicc
from fsbench.protocols.now import protocol as now
from fsbench.protocols.now.differences import differences
from fsbench.protocols.now.protocol import Now, PreparedNow
from fsbench.protocols.scan import protocol as scan
from fsbench.protocols.scan.protocol import PreparedScan, Scan

__all__ = ["PROTOCOLS", "Choice", "PreparedCase", "ScanBenchmark"]

PROTOCOLS = ("scan", "now", "micc")
"""Protocols that this kind of benchmark is scored by."""

Prepared = PreparedScan | PreparedLandmarkWarp | PreparedNow | PreparedMicc

_OF_FRAMES = ("frames", "frames_std_mm", "scans")
_METRICS = {Scan: scan.METRICS, LandmarkWarp: landmarked.METRICS, Now: now.METRICS, Micc: (*micc.METRICS, *_OF_FRAMES)}
# Fewer than a third of iBUG's 51 leave out parts of the face.
FEW_LANDMARKS = 17
_FEW_SCANS = 8
# iBUG's numbering: 68 points, or 51 without those of the jaw.
_NOSE_TIP_ROW = {68: 30, 51: 13}


@dataclass(frozen=True, slots=True, eq=False)
class PreparedCase:
    """The scans of a sample, ready to be compared with any number of predictions."""

    scans: tuple[Prepared, ...]

    def compare(self, vertices: npt.ArrayLike, faces: npt.ArrayLike, landmarks: npt.ArrayLike | None = None) -> Scores:
        """Score a prediction in memory; parameters as the protocol's own `compare`, errors as `measure`."""
        return self.measure(Mesh(vertices, faces), landmarks).scores

    def measure(self, prediction: Mesh, landmarks: npt.ArrayLike | None = None) -> Measurement:
        """Compare with the only scan, or with the one that gives the smallest score.

        Raises
        ------
        MeshError, AlignmentError, MetricError
            As the protocol's own `measure`.
        """
        measured = [one.measure(prediction, landmarks) for one in self.scans]  # type: ignore[arg-type]
        scores = [next(iter(one.scores.values.values())) for one in measured]
        if np.isnan(scores).any():
            # Comparing with NaN is always false, so which one is the smallest would depend on their order.
            raise MetricError(f"{np.isnan(scores).sum()} of {len(scores)} scans give no score")
        return measured[int(np.argmin(scores))]


@dataclass(frozen=True, slots=True, eq=False)
class ScanBenchmark:
    """Scans with predictions of them; use `ScanBenchmark.open`."""

    spec: Spec
    root: Path
    choice: Choice
    protocol: Protocol
    cases: dict[str, Case] = field(repr=False)
    predictions: PredictionFiles
    _landmarks: LandmarkSource | None
    _kept: dict[tuple[Path, ...], PreparedCase] = field(repr=False, default_factory=dict)

    @classmethod
    def open(cls, name: str, root: str | Path, choice: Choice | None = None) -> "ScanBenchmark":
        """Open benchmark `name` (or a .toml) with its data under `root`.

        Raises
        ------
        UsageError
            If the benchmark is not one of scans, a choice does not go with it, or the data is not under `root`.
        FormatError
            If a list under `root` is damaged.
        """
        chosen, spec, root = choice or Choice(), load_spec(name), Path(root).absolute()
        if spec.protocol not in PROTOCOLS:
            raise UsageError(f"{spec.name} is scored by the protocol {spec.protocol}, which aligns no scans")
        protocol = protocol_of(spec, chosen)
        marks, pred_marks = parse_source(chosen.landmarks), parse_source(chosen.pred_landmarks)
        if isinstance(protocol, Scan) and (marks is None) != (pred_marks is None):
            raise UsageError("landmarks serve nothing on one side only: give both --landmarks and --pred-landmarks")
        if isinstance(protocol, Micc) and protocol.start == "search" and pred_marks is not None:
            raise UsageError(
                f"{spec.name} looks at no --pred-landmarks; with --set start=landmarks it starts from them"
            )
        spec = _with_views(spec, protocol)
        cases = {case.sample.name: case for case in list_cases(spec, root)}
        listed = replace(spec, samples=tuple(case.sample for case in cases.values()))
        files = PredictionFiles(pred_marks, _beside(protocol), isinstance(protocol, Micc), _frames(spec))
        opened = cls(listed, root, chosen, protocol, cases, files, marks)
        opened._refuse_useless_landmarks()
        return opened

    def _refuse_useless_landmarks(self) -> None:
        """UsageError if the landmarks that the user names can serve no sample."""
        pred_marks, case = self.predictions.landmarks, next(iter(self.cases.values()))
        if pred_marks is not None:
            self.predictions.refuse_unknown(case)
        if self._landmarks is not None and case.scans:
            self._landmarks.refuse_unknown(case.scans[0].names)
        for option, source in (("--landmarks", self._landmarks), ("--pred-landmarks", pred_marks)):
            if source is None or not source.indices:
                continue
            known = {len(now.LANDMARKS)} if isinstance(self.protocol, Now) else self._numbers_of_landmarks()
            if known and len(source.indices) not in known:
                numbers = " or ".join(map(str, sorted(known)))
                raise UsageError(
                    f"{option} names {len(source.indices)} vertices, the scans have {numbers} landmarks: "
                    "both sides need the same points in the same order"
                )

    def _numbers_of_landmarks(self) -> set[int]:
        """How many landmarks scans have: the first few that can be read."""
        if self._landmarks is not None and self._landmarks.indices:
            return {len(self._landmarks.indices)}
        found = set()
        for one in islice((one for case in self.cases.values() for one in case.scans), _FEW_SCANS):
            try:
                path = self.landmark_file(one)
                found |= set() if path is None else {len(read_landmarks(path))}
            except FormatError:  # its sample will say so
                continue
        return found

    @property
    def samples(self) -> tuple[Sample, ...]:
        """All samples, in the benchmark's order."""
        return self.spec.samples

    @property
    def metrics(self) -> tuple[str, ...]:
        """Metric columns of a run, in order."""
        return _METRICS[type(self.protocol)]

    @property
    def signature(self) -> str:
        """All that can move a number, in one line; the version last."""
        text = self.protocol.signature(self.spec.name)
        head, _, version = text.rpartition("|")
        return "|".join([head, *(f"{key}:{value}" for key, value in self._about_files().items()), version])

    def _about_files(self) -> dict[str, str]:
        """What is not the protocol's own but moves numbers too."""
        if isinstance(self.protocol, Now):
            return self._about_landmarks() if self._landmarks else {}
        if isinstance(self.protocol, Micc):
            scans = self.spec.raw["scans"]
            odd = "/".join(f"{subject}={radius:g}" for subject, radius in scans["crop_mm_of"].items())
            return {
                "views": "/".join(scans["views"]),
                **({"crop_mm_of": odd} if odd else {}),
                "frames": _frames(self.spec),
                **self._about_landmarks(),
            }
        start = "search" if self.predictions.landmarks is None else "landmarks"
        about = {"start": start} if isinstance(self.protocol, Scan) else {}
        # Two folders of scans are two benchmarks, though both are called "scan".
        return about | self._about_landmarks() | {"references": self._fingerprint()}

    def _about_landmarks(self) -> dict[str, str]:
        """Which landmarks and nose tips the scans have: others start, crop and compare otherwise.

        Not the predictions': they are part of what a method gives.
        """
        scans = {one.names["sample"]: one for case in self.cases.values() for one in case.scans}
        if self._landmarks is not None and self._landmarks.indices:
            marks = [str(index) for index in self._landmarks.indices]
        else:
            paths = {name: self._landmark_file(one) for name, one in scans.items() if self._needs_landmarks(one)}
            lines = [f"{name} {path and _digest_of(path)}" for name, path in paths.items()]
            marks = lines if any(paths.values()) else []
        tips = [f"{name} {one.nose_tip}" for name, one in scans.items() if one.nose_tip is not None]
        return {what: _short(lines) for what, lines in (("landmarks", marks), ("nose_tips", tips)) if lines}

    def _needs_landmarks(self, files: ScanFiles) -> bool:
        """Whether a scan's landmarks, if there are any, move a number."""
        return not self._searches or files.nose_tip is None

    @property
    def _searches(self) -> bool:
        """Whether a MICC protocol starts without landmarks."""
        return isinstance(self.protocol, Micc) and self.protocol.start == "search"

    def landmark_file(self, files: ScanFiles) -> Path | None:
        """The file with a scan's landmarks; None if there is none, or they are in no file.

        Raises
        ------
        FormatError
            If it is not clear which.
        """
        if self._landmarks is None:
            return the_one(files.landmarks)
        return None if self._landmarks.indices else self._landmarks.path(self.root, files.names)

    def _landmark_file(self, files: ScanFiles) -> Path | None:
        try:
            return self.landmark_file(files)
        except FormatError:  # several fit: the scan's samples will say so
            return None

    def _fingerprint(self) -> str:
        """Short and the same for the same scans: their names and what the files hold."""
        files = {name: [path for one in case.scans for path in one.meshes] for name, case in self.cases.items()}
        return _short([f"{name}\n{[_digest_of(path) for path in paths]}" for name, paths in files.items()])

    @property
    def cautions(self) -> tuple[str, ...]:
        """What people should know before they believe or compare the numbers, a line each; none for most runs."""
        if isinstance(self.protocol, Now):
            head = "differs from the official NoW evaluator (2025), though not on healthy input; see docs/scan.md:"
            return (head, *(f"  {line}" for line in differences(self.protocol)))
        n_marks = min(self._numbers_of_landmarks(), default=None) if isinstance(self.protocol, LandmarkWarp) else None
        if n_marks is not None and n_marks < FEW_LANDMARKS:
            return (
                f"warning: a landmark warp by {n_marks} landmarks may be off either way; with 51 it found 88 to 111 % "
                "of the true error of four methods, with 13 of them 74 to 92 %, with seven 85 to 104 %",
            )
        return ()

    def refuse_inside(self, predictions: str | Path) -> None:
        """UsageError if predictions are below the root of a benchmark in which every mesh there is a scan."""
        root, folder = self.root.resolve(), Path(predictions).resolve()
        if self.spec.raw["layout"] == "pairs" and root in folder.parents:
            raise UsageError(
                f"{predictions} is inside {self.root}, where every mesh is taken for a scan: keep predictions elsewhere"
            )

    @property
    def in_the_lab(self) -> bool:
        """Never: the camera does not matter."""
        return False

    def focal_px(self, sample: Sample) -> float | None:
        """None: the camera does not matter."""
        return None

    def sample(self, name: str) -> Sample:
        """Return the sample called `name`; UsageError if there is none."""
        if name in self.cases:
            return self.cases[name].sample
        return selection.find(self.samples, name, self.spec.name)

    def select(self, pattern: str) -> tuple[Sample, ...]:
        """Samples by names, ranges and wildcards; UsageError if a part names none."""
        return selection.select(self.samples, pattern, self.spec.name)

    @property
    def absent(self) -> str:
        """What the whole data set has and the root has not, in a line; empty if nothing is known to be absent."""
        expected = self.spec.raw["samples"].get("subjects")
        found = len({sample.subject for sample in self.samples})
        return f"{self.root} has {found} of the {expected} subjects" if expected and found < expected else ""

    def missing_references(self) -> list[str]:
        """Names of the samples of which no scan is there."""
        return [name for name, case in self.cases.items() if not any(one.meshes for one in case.scans)]

    def measure(self, name: str, folder: str | Path) -> Measurement:
        """Read the sample's prediction from `folder` and compare it; with several scans, the best comparison.

        Raises
        ------
        MissingError
            If there is no prediction.
        FsbenchError
            If a file, or the alignment, is unusable.
        """
        frames = self.predictions.read(Path(folder), self.cases[name])
        prepared = self.prepare(name)
        measured = [prepared.measure(frame.mesh, frame.landmarks) for frame in frames]
        if not isinstance(self.protocol, Micc):
            return measured[0]
        return _of_video(measured, frames, len(prepared.scans))

    def reference_paths(self, name: str) -> list[Path]:
        """Files of the sample's scans, landmarks too."""
        scans = self.cases[name].scans
        marks = [self._landmark_file(one) for one in scans]
        return [path for one in scans for path in one.meshes] + [path for path in marks if path is not None]

    def prediction_paths(self, name: str, folder: str | Path) -> list[Path]:
        """Files of the sample's prediction that are in `folder`, landmarks too; none where they are not clear."""
        try:
            return self.predictions.paths(Path(folder), self.cases[name])
        except FsbenchError:
            return []

    def prepare(self, sample: Sample | str, threads: int = 1) -> PreparedCase:
        """The sample's scans, kept while the next samples need them too.

        Raises
        ------
        ReferenceDataError
            If no scan is there, or one is unusable.
        """
        name = sample if isinstance(sample, str) else sample.name
        scans = tuple(one for one in self.cases[self.sample(name).name].scans if one.meshes)
        if not scans:
            raise ReferenceDataError(f"no scan of {name} is there; get the data from {self.spec.where}")
        key = tuple(path for one in scans for path in one.meshes)
        prepared = self._kept.get(key)
        if prepared is None:
            try:
                prepared = PreparedCase(tuple(self._read(one, threads) for one in scans))
            except ReferenceDataError:
                raise
            except FsbenchError as error:
                raise ReferenceDataError(f"the scan of {name} is unusable: {error}") from None
            # Other threads do the same; what one of them throws out here is still another's.
            for oldest in list(self._kept)[:-1]:
                self._kept.pop(oldest, None)
            self._kept[key] = prepared
        return prepared

    def _read(self, files: ScanFiles, threads: int) -> Prepared:
        if len(files.meshes) > 1:
            raise ReferenceDataError(
                f"{files.meshes[0]} and {files.meshes[1].name} could both be the scan: leave the original only"
            )
        mesh = read_mesh(files.meshes[0])
        marks = self._marks(files, mesh)
        protocol = self.protocol
        if isinstance(protocol, Micc):
            return protocol.prepare(mesh, _nose_tip(files, marks), marks, files.crop_mm, threads)
        if isinstance(protocol, Scan):
            return protocol.prepare(mesh, marks, threads)
        assert marks is not None, "what needs landmarks has them, or was refused"
        return protocol.prepare(mesh, marks, threads)

    def _marks(self, files: ScanFiles, mesh: Mesh) -> Floats | None:
        if self._landmarks is not None and self._landmarks.indices:
            return self._landmarks.read(self.root, files.names, mesh, files.meshes[0])
        path = self._needed_file(files)
        return None if path is None else read_landmarks(path)

    def _needed_file(self, files: ScanFiles) -> Path | None:
        """The scan's file of landmarks; ReferenceDataError if it is not there and no score is possible without."""
        path = self.landmark_file(files)
        can_do_without = isinstance(self.protocol, Scan) or self._searches
        if path is None and (self._landmarks is not None or not can_do_without):
            wanted = files.own_landmarks if self._landmarks is None else self._landmarks.wanted(self.root, files.names)
            raise ReferenceDataError(f"there are no landmarks of {files.meshes[0]}, expected {wanted}")
        return path

    def n_landmarks(self, files: ScanFiles, *, read: bool = True) -> int | None:
        """How many landmarks a scan has, by its files and without its mesh; None if it has none, or was not `read`.

        Raises
        ------
        FsbenchError
            If the file that is needed is not there or unusable, or a nose tip is lacking.
        """
        if self._landmarks is not None and self._landmarks.indices:
            n_marks: int | None = len(self._landmarks.indices)
        else:
            path = self._needed_file(files)
            n_marks = len(read_landmarks(path)) if path is not None and read else None
        if isinstance(self.protocol, Micc) and (read or n_marks is not None):
            _nose_tip(files, None if n_marks is None else np.zeros((n_marks, 3)))
        return n_marks


def _beside(protocol: Protocol) -> bool:
    """Whether a prediction's landmarks are looked for beside it."""
    return isinstance(protocol, Now) or (isinstance(protocol, Micc) and protocol.start == "landmarks")


def _frames(spec: Spec) -> str:
    return str(spec.raw.get("frames", "one"))


def _nose_tip(files: ScanFiles, marks: Floats | None) -> npt.ArrayLike:
    if files.nose_tip is not None:
        return files.nose_tip
    if marks is not None and len(marks) in _NOSE_TIP_ROW:
        return marks[_NOSE_TIP_ROW[len(marks)]]
    what = f"it has {len(marks)} landmarks" if marks is not None else "it has no landmarks"
    raise ReferenceDataError(
        f"{files.meshes[0]} has no nose tip: {files.no_nose_tip}. Put that right, or give iBUG's 68 or 51 landmarks, "
        f"of which one is the tip; {what}"
    )


def _of_video(measured: list[Measurement], frames: tuple[Frame, ...], n_scans: int) -> Measurement:
    """One measurement of a video's frames: the mean of every number, all distances."""
    first = measured[0]
    tables: list[Mapping[str, float]] = [one.scores.values for one in measured]
    values = {name: float(np.mean([table[name] for table in tables])) for name in first.scores.values}
    values["suspicious"] = max(table["suspicious"] for table in tables)
    spread = float(np.std([table["score_mm"] for table in tables]))
    n_frames = sum(frame.n_averaged for frame in frames)
    values |= dict(zip(_OF_FRAMES, (float(n_frames), spread, float(n_scans)), strict=True))
    doubts = tuple(dict.fromkeys(doubt for one in measured for doubt in one.scores.doubts))
    distances = np.concatenate([one.ref_to_pred_mm for one in measured])
    return replace(first, scores=Scores(values, doubts), ref_to_pred_mm=distances)


def _with_views(spec: Spec, protocol: Protocol) -> Spec:
    """The specification with the views of which a MICC protocol takes a score."""
    if not isinstance(protocol, Micc):
        return spec
    scans = spec.raw["scans"]
    views = scans["views"] if protocol.references == "smaller" else scans["views"][:1]
    return replace(spec, raw={**spec.raw, "scans": {**scans, "views": views}})


def _short(lines: list[str]) -> str:
    """How many, and eight digits that change with any of them."""
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    return f"{len(lines)}/{digest[:8]}"


def _digest_of(path: Path) -> str:
    return _digest(path, path.stat().st_size, path.stat().st_mtime_ns)


@lru_cache(maxsize=10_000)
def _digest(path: Path, size: int, mtime_ns: int) -> str:
    """Of a file's content; it is read again when it has changed."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
