"""Declaration of the ELR protocol."""

from dataclasses import replace

from fsbench.core.errors import FsbenchError, UsageError
from fsbench.core.settings import parse_settings
from fsbench.core.spec import Spec
from fsbench.protocols.choice import Choice
from fsbench.protocols.elr import quantities
from fsbench.protocols.elr.protocol import Elr
from fsbench.protocols.elr.weights import N_LANDMARKS, read_weights
from fsbench.protocols.protocol import Protocol, refuse
from fsbench.protocols.units import with_named_units

_FITTED = "--measure elr fits the prediction's size by five landmarks"
_WEIGHTS = "weights"


class ElrProtocol(Protocol):
    """Align and bend by 51 landmarks, correct for topology, then measure between corresponding vertices."""

    name = "elr"
    quantities = quantities.METRICS
    reference_inputs = prediction_inputs = frozenset({"landmarks"})
    measure_of = "scan"
    pooled = True
    n_landmarks = N_LANDMARKS
    file_settings = frozenset({_WEIGHTS})
    distances_note = "mm to nearest points after the similarity of five landmarks; ELR is between corresponding ones"

    def default_settings(self, spec: Spec, choice: Choice) -> Elr:
        """Settings with the scans' unit that the user names; the size of predictions is fitted."""
        if not (choice.landmarks and choice.pred_landmarks):
            raise UsageError("ELR needs 51 landmarks of both sides: give --landmarks and --pred-landmarks")
        refuse(choice, {"scale": _FITTED, "unit": f"{_FITTED}, so its unit cannot matter"})
        return Elr(reference_unit=choice.reference_unit)

    def settings(self, spec: Spec, choice: Choice) -> Elr:
        """As `Protocol.settings`, with the weights read."""
        said = parse_settings(choice.changes)
        others = tuple(f"{key}={value}" for key, value in said.items() if key != _WEIGHTS)
        settings: Elr = with_named_units(super().settings, spec, replace(choice, changes=others))
        if _WEIGHTS not in said:
            return settings
        try:
            return replace(settings, weights=read_weights(said[_WEIGHTS]))
        except FsbenchError as error:
            raise UsageError(f"--set {_WEIGHTS}: {error}; without it they come from each prediction's shape") from None

    def cautions(self, settings: Elr, n_landmarks: int | None) -> tuple[str, ...]:
        """The conditions that its numbers depend on."""
        *always, own = quantities.CAUTIONS
        return (*always, own) if settings.weights == "own" else tuple(always)


PROTOCOL = ElrProtocol()
