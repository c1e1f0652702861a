"""Declaration of the NoW protocol."""

from collections.abc import Mapping
from types import MappingProxyType

from fsbench.core.settings import with_settings
from fsbench.core.spec import Spec
from fsbench.protocols.choice import Choice
from fsbench.protocols.now import quantities
from fsbench.protocols.now.differences import differences
from fsbench.protocols.now.layout import list_samples
from fsbench.protocols.now.protocol import Now
from fsbench.protocols.protocol import AlignsByLandmarks, refuse
from fsbench.protocols.seven_landmarks import LANDMARKS
from fsbench.protocols.units import refuse_unit_of_fitted, with_named_units

_SIZES = "now fits the prediction's size and now-metrical keeps it: choose one of these benchmarks"


class NowProtocol(AlignsByLandmarks):
    """Align by seven landmarks and a rigid or similarity refinement, then measure from scan to mesh."""

    name = "now"
    quantities = quantities.METRICS
    pooled = True
    n_landmarks = len(LANDMARKS)
    layouts = MappingProxyType({"now": list_samples})

    def default_settings(self, spec: Spec, choice: Choice) -> Now:
        """Settings with the specification's scale and the unit that the user names."""
        refuse(choice, {"scale": _SIZES, "reference_unit": f"the scans of {spec.name} are in mm"})
        return with_settings(Now(unit=choice.unit), {"scale": str(spec.raw.get("scale"))})

    def settings(self, spec: Spec, choice: Choice) -> Now:
        """As `Protocol.settings`; a unit of predictions needs a metric scale."""
        settings: Now = with_named_units(super().settings, spec, choice)
        refuse_unit_of_fitted(settings, "now-metrical")
        return settings

    def signed(
        self, spec: Spec, settings: Now, about: Mapping[str, str], *, search: bool, own: bool
    ) -> Mapping[str, str]:
        """Name landmarks that are not the data set's own."""
        return about if own else {}

    def cautions(self, settings: Now, n_landmarks: int | None) -> tuple[str, ...]:
        """The differences from the official evaluator."""
        head = "differs from the official NoW evaluator (2025), though not on healthy input; see docs/scan.md:"
        return (head, *(f"  {line}" for line in differences(settings)))


PROTOCOL = NowProtocol()
