"""Declaration of the landmark-warp protocol."""

from fsbench.core.errors import UsageError
from fsbench.core.spec import Spec
from fsbench.protocols.choice import Choice
from fsbench.protocols.landmark_warp import quantities
from fsbench.protocols.landmark_warp.protocol import FEW_LANDMARKS, LandmarkWarp
from fsbench.protocols.protocol import Protocol, refuse
from fsbench.protocols.units import with_named_units

_FITTED = "--measure landmark-warp fits the prediction's size by the landmarks"


class LandmarkWarpProtocol(Protocol):
    """Align and bend by many landmarks, then measure between corresponding points."""

    name = "landmark-warp"
    quantities = quantities.METRICS
    reference_inputs = prediction_inputs = frozenset({"landmarks"})
    measure_of = "scan"
    pooled = True
    # A picture of the surfaces shows distances to nearest points, not to corresponding ones.
    distances_unit = "mm, to nearest points"
    distances_metric = "nearest_mean_mm"

    def default_settings(self, spec: Spec, choice: Choice) -> LandmarkWarp:
        """Settings with the scans' unit that the user names; the size of predictions is fitted."""
        if not (choice.landmarks and choice.pred_landmarks):
            raise UsageError("a landmark warp needs landmarks of both sides: give --landmarks and --pred-landmarks")
        refuse(choice, {"scale": _FITTED, "unit": f"{_FITTED}, so its unit cannot matter"})
        return LandmarkWarp(reference_unit=choice.reference_unit)

    def settings(self, spec: Spec, choice: Choice) -> LandmarkWarp:
        """As `Protocol.settings`, with each unit in one spelling."""
        settings: LandmarkWarp = with_named_units(super().settings, spec, choice)
        return settings

    def cautions(self, settings: LandmarkWarp, n_landmarks: int | None) -> tuple[str, ...]:
        """How far it was off on five subjects; a warning of few landmarks."""
        known = (
            "a landmark warp by 51 landmarks found 88 to 111 % of the true error of four methods on the three subjects "
            "that it was tuned on, and 92, 115, 87 and 101 % on two others, where two methods changed places"
        )
        if n_landmarks is None or n_landmarks >= FEW_LANDMARKS:
            return (known,)
        return (
            known,
            f"warning: a landmark warp by {n_landmarks} landmarks may be off either way: on the three subjects, 13 of "
            "the landmarks found 74 to 92 % of the true error, and seven found 85 to 104 %",
        )


PROTOCOL = LandmarkWarpProtocol()
