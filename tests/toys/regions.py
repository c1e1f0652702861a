"""A toy with a reader of its own on either side: a face in several files, no adapter."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from fsbench.core.errors import FormatError, MeshError, MissingError, ReferenceDataError
from fsbench.core.mesh import Mesh
from fsbench.core.quantities import Quantity
from fsbench.core.signatures import signature
from fsbench.core.spec import Sample, Spec
from fsbench.geometry.nearest import NearestSurface
from fsbench.geometry.transforms import Similarity
from fsbench.io import read_mesh
from fsbench.protocols.choice import Choice
from fsbench.protocols.files import SampleFiles
from fsbench.protocols.measurement import AlignedMeasurement, Scores
from fsbench.protocols.protocol import Prediction, Protocol, Reference, References

REGIONS = ("nose", "mouth")


@dataclass(frozen=True, slots=True)
class Regions:
    version: int = field(default=1, init=False)

    def signature(self, benchmark: str) -> str:
        return signature(benchmark, self)


@dataclass(frozen=True, slots=True)
class RegionReferences(References):
    root: Path

    @property
    def samples(self) -> tuple[Sample, ...]:
        return tuple(Sample(path.name, {}) for path in sorted(self.root.iterdir()) if path.is_dir())

    def files(self, name: str) -> list[Path]:
        return [self.root / name / f"{region}.ply" for region in REGIONS]

    def missing(self) -> list[str]:
        return [one.name for one in self.samples if not all(path.is_file() for path in self.files(one.name))]

    def inputs(self, name: str) -> Mapping[str, Any]:
        return {}

    def read(self, name: str) -> Reference:
        if name in self.missing():
            raise ReferenceDataError(f"{name} is not whole")
        first, *others = (Reference(read_mesh(path)) for path in self.files(name))
        return Reference(first.mesh, {}, tuple(others))


class RegionsProtocol(Protocol):
    name = "regions"
    quantities = (
        Quantity("region_error_mm", "Region error", "mm", 2, "lower", low=0.0),
        Quantity("worst_region_error_mm", "Worst region error", "mm", 2, "lower", low=0.0),
    )
    reference_inputs = prediction_inputs = frozenset({"regions"})
    pooled = True

    def default_settings(self, spec: Spec, choice: Choice) -> Regions:
        return Regions()

    def references(self, spec: Spec, root: Path, settings: Regions) -> RegionReferences:
        return RegionReferences(root)

    def prediction_files(self, settings: Regions, folder: Path, files: SampleFiles) -> list[Path]:
        return [folder / f"{files.sample.name}_{region}.ply" for region in REGIONS]

    def read_prediction(self, settings: Regions, folder: Path, files: SampleFiles) -> Prediction:
        first, *others = self.prediction_files(settings, folder, files)
        if not first.is_file():
            raise MissingError(f"no prediction: {first} is not there")
        if lacking := [path for path in others if not path.is_file()]:
            raise FormatError(f"{lacking[0]} is not there, and {first.name} is")
        return Prediction(read_mesh(first), {}, tuple(Prediction(read_mesh(path)) for path in others))

    def prepare(self, settings: Regions, reference: Reference, threads: int = 1) -> list[Mesh]:
        return [reference.mesh, *(one.mesh for one in reference.others)]

    def measure(self, prepared: list[Mesh], prediction: Prediction) -> AlignedMeasurement:
        parts = [prediction.mesh, *(one.mesh for one in prediction.others)]
        if not all(part.n_faces for part in parts):
            raise MeshError("a region has no faces")
        distances = [
            NearestSurface(part).closest(ref.vertices).distances for ref, part in zip(prepared, parts, strict=True)
        ]
        means = [float(np.mean(one)) for one in distances]
        scores = Scores({"region_error_mm": float(np.mean(means)), "worst_region_error_mm": max(means)})
        whole = np.concatenate(distances)
        return AlignedMeasurement(scores, Similarity(), prepared[0], parts[0], prepared[0].vertices, whole)


PROTOCOL = RegionsProtocol()
