"""Declaration of the scan protocol."""

from collections.abc import Mapping

from fsbench.core.errors import UsageError
from fsbench.core.settings import with_settings
from fsbench.core.spec import Spec
from fsbench.protocols.choice import Choice
from fsbench.protocols.protocol import Protocol
from fsbench.protocols.scan import quantities
from fsbench.protocols.scan.protocol import Scan
from fsbench.protocols.units import refuse_unit_of_fitted, with_named_units


class ScanProtocol(Protocol):
    """Align by ICP, then measure to the nearest points."""

    name = "scan"
    quantities = quantities.METRICS
    prediction_inputs = frozenset({"landmarks"})
    pooled = True

    def default_settings(self, spec: Spec, choice: Choice) -> Scan:
        """Settings with the units and the scale that the user names."""
        return with_settings(
            Scan(unit=choice.unit, reference_unit=choice.reference_unit),
            {"scale": choice.scale} if choice.scale else {},
        )

    def settings(self, spec: Spec, choice: Choice) -> Scan:
        """As `Protocol.settings`; a unit of predictions needs a metric scale."""
        settings: Scan = with_named_units(super().settings, spec, choice)
        refuse_unit_of_fitted(settings, "--scale metric")
        return settings

    def refuse_landmarks(self, spec: Spec, settings: Scan, *, reference: bool, prediction: bool) -> None:
        """Raise UsageError if only one side has landmarks."""
        if reference != prediction:
            raise UsageError("landmarks of one side alone have no use: give both --landmarks and --pred-landmarks")

    def signed(
        self, spec: Spec, settings: Scan, about: Mapping[str, str], *, search: bool, own: bool
    ) -> Mapping[str, str]:
        """The start of ICP, the landmarks and the scans."""
        return {"start": "search" if search else "landmarks", **about}


PROTOCOL = ScanProtocol()
