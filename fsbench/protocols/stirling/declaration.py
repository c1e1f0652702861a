"""Declaration of the FG2018 challenge on the Stirling/ESRC data."""

from collections.abc import Mapping
from types import MappingProxyType

from fsbench.core.spec import Spec
from fsbench.protocols.choice import Choice
from fsbench.protocols.protocol import AlignsByLandmarks, refuse
from fsbench.protocols.seven_landmarks import LANDMARKS
from fsbench.protocols.stirling import quantities
from fsbench.protocols.stirling.layout import list_samples
from fsbench.protocols.stirling.protocol import Stirling

_SIZES = "stirling fits the prediction's size by seven landmarks"

_CAUTIONS = (
    "nothing is fitted after the seven landmarks: an error of a landmark, on either side, goes straight into the score",
    "the challenge's own table (2018) calls the mean distance RMSE; compare it with mean_mm, not with rmse_mm",
    "differs from the public FG2018 program, though not on healthy input; see docs/stirling.md:",
    "  mirrored or exchanged landmarks are invalid; there a reflection is fitted and scored",
    "  a missing prediction is a row and an exit code, not left out unseen; F1033, without landmarks, is no sample",
    "  vertices of a scan's file that no triangle uses do not count; statistics are computed, not left to the reader",
)


class StirlingProtocol(AlignsByLandmarks):
    """Align by seven landmarks, then measure from scan to mesh in a ball around the face."""

    name = "stirling"
    quantities = quantities.METRICS
    pooled = True
    n_landmarks = len(LANDMARKS)
    layouts = MappingProxyType({"stirling": list_samples})
    distances_note = "mm after a similarity of seven landmarks, which hides errors of size and pose"

    def default_settings(self, spec: Spec, choice: Choice) -> Stirling:
        """The settings of the challenge, without a choice."""
        refuse(choice, {"scale": _SIZES, "unit": f"{_SIZES}, so its unit cannot matter"})
        refuse(choice, {"reference_unit": f"the scans of {spec.name} are in mm"})
        return Stirling()

    def signed(
        self, spec: Spec, settings: Stirling, about: Mapping[str, str], *, search: bool, own: bool
    ) -> Mapping[str, str]:
        """Name landmarks that are not the data set's own."""
        return about if own else {}

    def cautions(self, settings: Stirling, n_landmarks: int | None) -> tuple[str, ...]:
        """The conditions that the numbers depend on, and the differences from the public program."""
        return _CAUTIONS


PROTOCOL = StirlingProtocol()
