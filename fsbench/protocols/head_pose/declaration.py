"""Declaration of FaceScape with landmarks of both sides."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from fsbench.core.spec import Spec
from fsbench.protocols.choice import Choice
from fsbench.protocols.facescape.declaration import FaceScapeProtocol
from fsbench.protocols.facescape.references import FaceScapeReferences
from fsbench.protocols.head_pose import quantities
from fsbench.protocols.head_pose.protocol import HeadPose, PreparedHeadPose
from fsbench.protocols.protocol import Protocol, Reference

_CAUTIONS = ("head rotation and landmark NME depend on the points that are marked: compare runs with the same ones",)


class HeadPoseProtocol(Protocol):
    """FaceScape, with the rotation of the head and the landmarks in the image beside its columns."""

    name = "head-pose"
    quantities = quantities.METRICS
    reference_inputs = frozenset({"camera", "landmarks"})
    prediction_inputs = frozenset({"landmarks"})
    has_depth_view = True
    distances_unit = FaceScapeProtocol.distances_unit
    distances_note = FaceScapeProtocol.distances_note

    def default_settings(self, spec: Spec, choice: Choice) -> HeadPose:
        """The settings of FaceScape; the user cannot change any."""
        plain = replace(choice, landmarks="", pred_landmarks="")
        return HeadPose(FaceScapeProtocol().default_settings(spec, plain))

    def references(self, spec: Spec, root: Path, settings: HeadPose) -> FaceScapeReferences:
        """The references of FaceScape, with the landmarks that the user names."""
        return FaceScapeReferences.find(spec, root, settings)

    def prepare(self, settings: HeadPose, reference: Reference, threads: int = 1) -> PreparedHeadPose:
        """Place the reference and its landmarks in the camera frame, and map it."""
        assert reference.landmarks is not None, "landmarks of both sides are named, or FaceScape's own protocol scores"
        place, view = reference.inputs["place"], reference.inputs["view"]
        return settings.prepare(place.apply(reference.mesh), place.place(reference.landmarks), view, threads)

    def restore(self, settings: HeadPose, arrays: Mapping[str, Any], inputs: Mapping[str, Any]) -> PreparedHeadPose:
        """Rebuild a prepared reference from its stored arrays."""
        return settings.restore(arrays, inputs["view"])

    def cautions(self, settings: HeadPose, n_landmarks: int | None) -> tuple[str, ...]:
        """The conditions that the two columns depend on."""
        return _CAUTIONS


PROTOCOL = HeadPoseProtocol()
