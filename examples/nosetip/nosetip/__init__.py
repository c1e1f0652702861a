"""Nose tip distance: align by landmarks, then see how far the tip of the nose is off."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from fsbench.core.errors import AlignmentError, MeshError
from fsbench.core.mesh import Floats, Mesh
from fsbench.core.quantities import Quantity
from fsbench.core.signatures import signature
from fsbench.core.spec import Sample, Spec
from fsbench.geometry.nearest import NearestSurface
from fsbench.geometry.procrustes import fit_landmarks
from fsbench.io.folders import files_below, landmarks_called
from fsbench.protocols.choice import Choice
from fsbench.protocols.files import ReferenceFiles, SampleFiles
from fsbench.protocols.measurement import AlignedMeasurement, Scores
from fsbench.protocols.protocol import Protocol, Reference, refuse

# Published methods leave 2 to 3 mm.
_DOUBTFUL_MM = 5.0


@dataclass(frozen=True, slots=True)
class NoseTip:
    """The settings: every field is in the signature, and can be changed by --set unless it is fixed.

    Attributes
    ----------
    tip : int
        Row of the landmarks that is the nose tip; the other rows align.
    version : int
        Fixed: raised whenever the code moves a number.
    """

    tip: int
    version: int = field(default=1, init=False)

    def signature(self, benchmark: str) -> str:
        """All that can move a number, in one line."""
        return signature(benchmark, self)


@dataclass(frozen=True, slots=True, eq=False)
class PreparedNoseTip:
    """A reference in millimetres; what could be computed of it once would be kept here."""

    settings: NoseTip
    reference: Mesh
    landmarks: Floats
    threads: int

    def measure(self, prediction: Mesh, landmarks: npt.ArrayLike | None) -> AlignedMeasurement:
        """Compare a prediction in any frame and unit, with the same landmarks on it."""
        if not prediction.n_faces:
            raise MeshError("the prediction has no faces")
        if landmarks is None:
            raise AlignmentError("the prediction has no landmarks")
        tip, marks = self.settings.tip, np.asarray(landmarks, np.float64)
        others = np.arange(len(self.landmarks)) != tip
        if marks.shape != self.landmarks.shape:
            raise AlignmentError(f"landmarks of shape {marks.shape}, expected {self.landmarks.shape}")
        fit = fit_landmarks(self.landmarks[others], marks[others]).trusted()
        off_mm = float(np.linalg.norm(fit.ref_from_pred.apply(marks[tip]) - self.landmarks[tip]))
        doubts = [f"the landmarks fit at {fit.residual_rms:.1f} mm"] if fit.residual_rms > _DOUBTFUL_MM else []
        values = {
            "nose_tip_distance_mm": off_mm,
            "landmark_rms_mm": fit.residual_rms,
            "suspicious": float(bool(doubts)),
        }
        aligned = Mesh(fit.ref_from_pred.apply(prediction.vertices), prediction.faces)
        points = self.reference.vertices
        distances_mm = NearestSurface(aligned, self.threads).closest(points).distances
        scores = Scores(values, tuple(doubts))
        return AlignedMeasurement(
            scores, fit.ref_from_pred, self.reference, aligned, points, distances_mm, self.landmarks
        )


def list_faces(spec: Spec, root: Path, settings: Any) -> tuple[SampleFiles, ...]:
    """SUBJECT/VIEW.ply under the root, its landmarks beside it; predictions are called the same."""
    found = []
    for path in files_below(root, (".ply",)):
        name = path.relative_to(root).with_suffix("").as_posix()
        subject, _, view = name.rpartition("/")
        names = {"sample": name}
        marks = landmarks_called(path.parent, path.stem)
        reference = ReferenceFiles((path,), names, marks, own_landmarks=f"a file {path.stem}.txt beside it")
        found.append(SampleFiles(Sample(name, {"subject": subject, "view": view}), (reference,), (name,), names))
    return tuple(found)


class NoseTipProtocol(Protocol):
    """What the house has to know of it."""

    name = "nose-tip"
    quantities = (
        Quantity("nose_tip_distance_mm", "Nose tip distance", "mm", 2, "lower", low=0.0),
        Quantity("landmark_rms_mm", "Landmark rms", "mm", 2, low=0.0),
        Quantity("suspicious", "Suspicious", low=0.0, high=1.0),
    )
    reference_inputs = prediction_inputs = frozenset({"landmarks"})
    layouts: Mapping[str, Any] = MappingProxyType({"nose-tip": list_faces})

    def default_settings(self, spec: Spec, choice: Choice) -> NoseTip:
        """What the benchmark's TOML says."""
        sizes = f"{spec.name} fits the prediction's size"
        refuse(choice, {"scale": sizes, "unit": sizes, "reference_unit": f"{spec.name} is in mm"})
        return NoseTip(int(spec.raw["tip"]))

    def landmarks_beside(self, settings: Any) -> bool:
        """A prediction's landmarks are in a file of its name beside it."""
        return True

    def prepare(self, settings: NoseTip, reference: Reference, threads: int = 1) -> PreparedNoseTip:
        """Keep the reference, which is in mm already."""
        assert reference.landmarks is not None, "what needs landmarks has them, or was refused"
        if not settings.tip < len(reference.landmarks):
            raise AlignmentError(f"there is no row {settings.tip} in {len(reference.landmarks)} landmarks")
        return PreparedNoseTip(settings, reference.mesh, reference.landmarks, threads)


PROTOCOL = NoseTipProtocol()
