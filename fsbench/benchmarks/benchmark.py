"""Benchmark: a specification with its data under a root, scored by any protocol."""

import os
import warnings
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NoReturn

import fsbench
from fsbench.benchmarks import selection
from fsbench.benchmarks.cache import PreparedCache
from fsbench.benchmarks.digests import content_of
from fsbench.benchmarks.landmark_source import LandmarkSource, parse_source
from fsbench.benchmarks.references import MeshReferences
from fsbench.benchmarks.spec import load_spec, refuse_unknown_bins, spec_path
from fsbench.core.errors import FsbenchError, ReferenceDataError, UsageError
from fsbench.core.own_folders import NotOursError
from fsbench.core.spec import Sample, Spec
from fsbench.io.names import composed
from fsbench.protocols import registry
from fsbench.protocols.choice import Choice
from fsbench.protocols.measurement import Measurement
from fsbench.protocols.protocol import Prediction, Protocol, References


@dataclass(frozen=True, slots=True, eq=False)
class Benchmark:
    """A benchmark with its files under `root`; use `Benchmark.open`, which checks that they exist.

    Attributes
    ----------
    name : str
        As the user gave it: a name, or the path of a .toml.
    spec : Spec
        Specification with all samples, including those that a list under the root names.
    root : Path
    choice : Choice
        The user's options for files and settings.
    protocol : Protocol
        Protocol that scores it.
    settings : dataclass
        Settings of the protocol; each field is in the signature.
    references : References
    pred_landmarks : LandmarkSource or None
        Where the landmarks of predictions are; None if the user does not say.
    shared_content : str
        Digest of the specification and of the files that all samples share, as they were when it was opened.

    Examples
    --------
    >>> benchmark = Benchmark.open("fswild", "facescape/benchmark")             # doctest: +SKIP
    >>> prepared = benchmark.prepare("000")                                    # doctest: +SKIP
    >>> prepared.compare(vertices, faces).cd_mm                                # doctest: +SKIP
    """

    name: str
    spec: Spec
    root: Path
    choice: Choice
    protocol: Protocol
    settings: Any
    references: References
    pred_landmarks: LandmarkSource | None = None
    shared_content: str = ""
    _kept: dict[Any, Any] = field(repr=False, default_factory=dict)

    @classmethod
    def open(cls, name: str, root: str | Path, choice: Choice | None = None) -> "Benchmark":
        """Open benchmark `name` (or a .toml) with its data under `root`.

        Parameters
        ----------
        name, root
        choice : Choice, optional
            Landmarks, units and settings, if the protocol has them.

        Raises
        ------
        UsageError
            If the benchmark is not known or does not support a choice, or its data is not under `root`.
        ReferenceDataError, FormatError
            If the data or the specification is damaged.
        """
        chosen, spec, root = choice or Choice(), load_spec(name), Path(root).absolute()
        protocol = registry.chosen(spec, chosen)
        with registry.own_faults(protocol):
            settings = protocol.settings(spec, chosen)
        marks, pred_marks = parse_source(chosen.landmarks), parse_source(chosen.pred_landmarks)
        protocol.refuse_landmarks(spec, settings, reference=marks is not None, prediction=pred_marks is not None)
        own = protocol.references(spec, root, settings)
        if own is not None and marks is not None:
            own = own.with_landmarks(marks) or _refuse_landmarks(spec)
        references = own or MeshReferences.find(spec, root, protocol, settings, marks)
        if pred_marks is not None and "landmarks" not in protocol.prediction_inputs:
            raise UsageError(f"{spec.name} uses no landmarks of predictions; leave out --pred-landmarks")
        references.refuse_useless_landmarks(pred_marks)
        listed = replace(spec, samples=references.samples)
        refuse_unknown_bins(listed, listed.bins)
        found = cls(name, listed, root, chosen, protocol, settings, references, pred_marks)
        # Folders change with any file that comes or goes, whether it is one of ours or not.
        files = [path for path in found.sources if not os.path.isdir(path)]  # noqa: PTH112 - a list of numbers is no name
        return replace(found, shared_content=content_of([spec_path(name), *files]))

    @property
    def samples(self) -> tuple[Sample, ...]:
        """All samples, in the benchmark's order."""
        return self.spec.samples

    @property
    def metrics(self) -> tuple[str, ...]:
        """Metric columns of a run, in order."""
        return self.protocol.metrics

    @property
    def signature(self) -> str:
        """One line with everything that can move a number; the version last."""
        text: str = self.settings.signature(self.spec.signed_name)
        head, _, version = text.rpartition("|")
        signed = self.protocol.signed(
            self.spec,
            self.settings,
            self.references.digests(),
            search=self.pred_landmarks is None,
            own=self.references.has_named_landmarks,
        )
        return "|".join([head, *(f"{key}:{value}" for key, value in signed.items()), version])

    @property
    def cautions(self) -> tuple[str, ...]:
        """Cautions to read before believing or comparing the numbers, one line each; most runs have none."""
        own = self.protocol.cautions(self.settings, min(self.references.numbers_of_landmarks(), default=None))
        return (*self.references.cautions, *own)

    @property
    def sources(self) -> tuple[Path, ...]:
        """Files that `open` read, and folders that it listed."""
        named = [Path(text) for text in (self.choice.landmarks, self.choice.pred_landmarks) if text]
        return (*self.references.sources, *named, *self.setting_files)

    @property
    def setting_files(self) -> tuple[Path, ...]:
        """Files that the user's settings name."""
        return self.choice.files_among(self.protocol.file_settings)

    def sample(self, name: str) -> Sample:
        """Return the sample called `name`; UsageError if there is none."""
        return selection.find(self.samples, name, self.spec.name)

    def select(self, pattern: str) -> tuple[Sample, ...]:
        """Samples by names, ranges and wildcards, e.g. "000-009,123" or "03_*".

        Raises
        ------
        UsageError
            If a part names no sample.
        """
        return selection.select(self.samples, composed(pattern), self.spec.name)

    @property
    def in_the_lab(self) -> bool:
        """Whether every sample has a pinhole camera of its own; in the wild the camera is orthographic."""
        return self.references.has_pinholes

    def focal_px(self, sample: Sample) -> float | None:
        """Focal length in pixels; None if there is no pinhole camera."""
        return self.references.focal_px(sample.name)

    def missing_references(self) -> list[str]:
        """Names of the samples whose reference is not under the root."""
        return self.references.missing()

    def prepare(self, sample: Sample | str, threads: int = 1, cache: PreparedCache | None = None) -> Any:
        """Read the sample's reference and compute everything that depends on it alone.

        Parameters
        ----------
        sample : Sample or str
        threads : int
            Threads of every query, also when predictions are compared.
        cache : PreparedCache, optional
            Cache to look it up in first and to store it in. The numbers do not depend on it.

        Raises
        ------
        ReferenceDataError
            If the reference or a file that belongs to it is missing or unusable.
        """
        name = self.sample(sample.name if isinstance(sample, Sample) else sample).name
        shared = self.references.shared_key(name)
        if shared is not None and (found := self._kept.get(shared)) is not None:
            return found
        try:
            with registry.own_faults(self.protocol):
                prepared = self._prepare(name, threads, cache)
        except ReferenceDataError:
            raise
        except FsbenchError as error:
            raise ReferenceDataError(f"the {self.references.noun} of {name} is unusable: {error}") from None
        if shared is not None:
            # Other threads do the same; a reference dropped here may still be in use by another.
            for oldest in list(self._kept)[:-1]:
                self._kept.pop(oldest, None)
            self._kept[shared] = prepared
        return prepared

    def _prepare(self, name: str, threads: int, cache: PreparedCache | None) -> Any:
        content = self.references.content(name) if cache else None
        if cache is None or content is None:
            return self.protocol.prepare(self.settings, self.references.read(name), threads)
        # A reference stored by another version of the code is not used.
        key = PreparedCache.key([f"fsbench {fsbench.__version__}".encode(), *content])
        if (arrays := cache.load(key)) is not None:
            # An entry may be whole but not ours; then the reference is computed again.
            with suppress(LookupError, ValueError, TypeError):
                return self.protocol.restore(self.settings, arrays, self.references.inputs(name))
        prepared = self.protocol.prepare(self.settings, self.references.read(name), threads)
        try:
            cache.store(key, prepared.arrays())
        except OSError as error:
            why = error if isinstance(error, NotOursError) else f"{cache.folder}: {error.strerror}"
            advice = "name a folder with room in XDG_CACHE_HOME, or pass --no-cache"
            warnings.warn(f"prepared references are not kept: {why}; {advice}", stacklevel=4)
        return prepared

    def measure(self, sample: str, prediction: Prediction, cache: PreparedCache | None = None) -> Measurement:
        """Compare a prediction with the sample's reference.

        Raises
        ------
        FsbenchError
            If either, or the alignment, is unusable.
        """
        return self.compare(self.prepare(sample, cache=cache), prediction)

    def compare(self, prepared: Any, prediction: Prediction) -> Measurement:
        """Compare a prediction with a reference from `prepare`; errors as `measure`."""
        with registry.own_faults(self.protocol):
            measured = self.protocol.measure(prepared, prediction)
            found, declared = set(measured.scores.values), set(self.metrics)
            if found != declared:
                # A bug of the protocol: it would leave a column empty, or lose one.
                raise ValueError(f"it declares {sorted(declared)}, but measured {sorted(found)}")
            if measured.scores.doubts and "suspicious" not in declared:
                raise ValueError("it has doubts, but no column suspicious to keep them")
        return measured


def _refuse_landmarks(spec: Spec) -> NoReturn:
    raise UsageError(f"{spec.name} finds the landmarks of its references by itself; leave out --landmarks")


def open_benchmark(name: str, root: str | Path, choice: Choice | None = None) -> Benchmark:
    """Open benchmark `name` (or a .toml) with its data under `root`; parameters and errors as `Benchmark.open`."""
    return Benchmark.open(name, root, choice)
