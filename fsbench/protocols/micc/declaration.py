"""Declaration of the MICC protocols."""

from collections.abc import Mapping
from types import MappingProxyType

from fsbench.core.errors import UsageError
from fsbench.core.settings import with_settings
from fsbench.core.spec import Spec
from fsbench.protocols.choice import Choice
from fsbench.protocols.measurement import AlignedMeasurement
from fsbench.protocols.micc import quantities
from fsbench.protocols.micc.layout import NOSE_TIPS, list_samples, views_of
from fsbench.protocols.micc.protocol import Micc
from fsbench.protocols.micc.scans import PreparedScans
from fsbench.protocols.micc.video import mean_of_frames
from fsbench.protocols.protocol import Prediction, Protocol, Reference, refuse
from fsbench.protocols.units import with_named_units

_VARIANTS = {"deng2019": Micc.deng2019, "ganfit2021": Micc.ganfit2021}


class MiccProtocol(Protocol):
    """Crop a scan around its nose tip, align by ICP, compare with every frame of a video."""

    name = "micc"
    quantities = (*quantities.METRICS, *quantities.OF_FRAMES)
    reference_inputs = frozenset({"nose_tip"})
    prediction_inputs = frozenset({"landmarks", "frames"})
    pooled = True
    lists = (NOSE_TIPS,)
    layouts = MappingProxyType({"florence": list_samples})

    def default_settings(self, spec: Spec, choice: Choice) -> Micc:
        """Settings of the paper in the specification, with the scans' unit that the user names."""
        sizes = f"{spec.name} fits the prediction's size"
        refuse(choice, {"scale": sizes, "unit": f"{sizes}, so its unit cannot matter"})
        recipe = spec.raw.get("recipe")
        if not isinstance(recipe, str) or recipe not in _VARIANTS:
            raise UsageError(f"{spec.name}: there is no recipe {recipe!r}; known are {', '.join(_VARIANTS)}")
        return with_settings(_VARIANTS[recipe](), {"reference_unit": choice.reference_unit})

    def settings(self, spec: Spec, choice: Choice) -> Micc:
        """As `Protocol.settings`, with each unit in one spelling."""
        settings: Micc = with_named_units(super().settings, spec, choice)
        return settings

    def prepare(self, settings: Micc, reference: Reference, threads: int = 1) -> PreparedScans:
        """Crop every scan of the sample."""
        scans = (reference, *reference.others)
        return PreparedScans(
            tuple(
                settings.prepare(one.mesh, one.inputs["nose_tip"], one.landmarks, one.inputs.get("crop_mm"), threads)
                for one in scans
            )
        )

    def measure(self, prepared: PreparedScans, prediction: Prediction) -> AlignedMeasurement:
        """Compare every frame with the scan that gives it the smallest score; the mean over frames."""
        frames = (prediction, *prediction.others)
        measured = [prepared.measure(frame.mesh, frame.landmarks) for frame in frames]
        return mean_of_frames(measured, sum(frame.n_averaged for frame in frames), len(prepared.scans))

    def landmarks(self, settings: Micc) -> str:
        """A search uses a scan's landmarks for its nose tip only."""
        return "nose tip" if settings.start == "search" else "needed"

    def landmarks_beside(self, settings: Micc) -> bool:
        """Beside every prediction if ICP starts from them."""
        return settings.start == "landmarks"

    def refuse_landmarks(self, spec: Spec, settings: Micc, *, reference: bool, prediction: bool) -> None:
        """Raise UsageError if the user names landmarks of predictions but ICP starts from a search."""
        if settings.start == "search" and prediction:
            raise UsageError(f"{spec.name} uses no --pred-landmarks; with --set start=landmarks ICP starts from them")

    def signed(
        self, spec: Spec, settings: Micc, about: Mapping[str, str], *, search: bool, own: bool
    ) -> Mapping[str, str]:
        """State which scans of a subject count, and how a video is scored."""
        odd = "/".join(f"{subject}={radius:g}" for subject, radius in spec.raw["scans"]["crop_mm_of"].items())
        return {
            "views": "/".join(views_of(spec, settings)),
            **({"crop_mm_of": odd} if odd else {}),
            "frames": str(spec.raw.get("frames", "one")),
            **about,
        }


PROTOCOL = MiccProtocol()
