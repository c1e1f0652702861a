"""Declaration of the SVFR protocol."""

from types import MappingProxyType

from fsbench.core.settings import with_settings
from fsbench.core.spec import Spec
from fsbench.protocols.choice import Choice
from fsbench.protocols.protocol import AlignsByLandmarks
from fsbench.protocols.svfr import quantities
from fsbench.protocols.svfr.layout import list_samples
from fsbench.protocols.svfr.protocol import N_LANDMARKS, Svfr
from fsbench.protocols.units import refuse_unit_of_fitted, with_named_units

_DIFFERENCES = (
    "SVFR, local, not the leaderboard; it differs from the server's program, which is not public; see docs/svfr.md:",
    "  the clouds are yours, not the hidden ones, and every point of them counts: cut away hair and shoulders",
    "  the seven landmarks alone align, with scale unless --scale metric; how the server aligns is not published",
    "  a mesh of FLAME's topology needs landmarks too; the server takes them from its vertices",
)


class SvfrProtocol(AlignsByLandmarks):
    """Align by seven landmarks, then measure from every point of a cloud to the mesh."""

    name = "svfr"
    quantities = quantities.METRICS
    n_landmarks = N_LANDMARKS
    layouts = MappingProxyType({"svfr": list_samples})
    distances_unit = "mm, local, not the leaderboard"
    distances_note = "mm after an alignment by seven landmarks; local, not the leaderboard"
    distances_metric = "l2_mm"

    def default_settings(self, spec: Spec, choice: Choice) -> Svfr:
        """Settings with the units and the scale that the user names."""
        settings = Svfr(unit=choice.unit, reference_unit=choice.reference_unit)
        return with_settings(settings, {"scale": choice.scale} if choice.scale else {})

    def settings(self, spec: Spec, choice: Choice) -> Svfr:
        """As `Protocol.settings`; a unit of predictions needs a metric scale."""
        settings: Svfr = with_named_units(super().settings, spec, choice)
        refuse_unit_of_fitted(settings, "--scale metric")
        return settings

    def cautions(self, settings: Svfr, n_landmarks: int | None) -> tuple[str, ...]:
        """The differences from the server's program, as far as it is known."""
        return _DIFFERENCES


PROTOCOL = SvfrProtocol()
