"""Recipes: the protocol that a specification names, with what the user sets."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from fsbench.benchmarks.settings import parse_settings, with_settings
from fsbench.benchmarks.spec import Spec
from fsbench.errors import FsbenchError, UsageError
from fsbench.protocols.landmarked import LandmarkWarp
from fsbench.protocols.micc import Micc
from fsbench.protocols.now import Now
from fsbench.protocols.scan import Scan

Protocol = Scan | LandmarkWarp | Now | Micc

_MICC = {"deng2019": Micc.deng2019, "ganfit2021": Micc.ganfit2021}


@dataclass(frozen=True, slots=True)
class Choice:
    """What a user may say of the files and of the recipe.

    Attributes
    ----------
    landmarks, pred_landmarks : str
        Of scans and predictions, see `fsbench.benchmarks.landmark_source`; empty for none. NoW and MICC know where
        they are.
    measure : {"nearest", "landmark-warp"}
        For "scan": nearest points after ICP, or corresponding ones by a landmark warp.
    scale : str
        "fitted" or "metric"; empty for the benchmark's own.
    unit, reference_unit : str
        Of predictions and scans, or "found".
    changes : tuple of str
        KEY=VALUE each: settings of the protocol that are to be others.
    """

    landmarks: str = ""
    pred_landmarks: str = ""
    measure: str = "nearest"
    scale: str = ""
    unit: str = "found"
    reference_unit: str = "found"
    changes: tuple[str, ...] = ()

    def settings(self) -> dict[str, Any]:
        """For a run's manifest."""
        return {**asdict(self), "changes": list(self.changes)}

    def anywhere(self) -> "Choice":
        """The same, for processes that may have another working directory."""
        return replace(self, landmarks=_anywhere(self.landmarks), pred_landmarks=_anywhere(self.pred_landmarks))


def _anywhere(landmarks: str) -> str:
    """A folder or file by its whole path; vertices and patterns, which are below the side's own folder, as they are."""
    return str(Path(landmarks).absolute()) if landmarks and Path(landmarks).exists() else landmarks


def protocol_of(spec: Spec, choice: Choice) -> Protocol:
    """The recipe that specification and user ask for.

    Raises
    ------
    UsageError
        If a choice does not go with it, or there is no such setting.
    """
    try:
        protocol = with_settings(_protocol(spec, choice), parse_settings(choice.changes))
    except UsageError:
        raise
    except FsbenchError as error:
        raise UsageError(f"{spec.name}: {error}") from None
    if isinstance(protocol, Scan | Now) and protocol.scale == "fitted" and protocol.unit != "found":
        how = "--scale metric" if isinstance(protocol, Scan) else "now-metrical"
        raise UsageError(
            f"the unit {protocol.unit} of predictions cannot matter where their size is fitted; ask for {how}"
        )
    return protocol


def _protocol(spec: Spec, choice: Choice) -> Protocol:
    if spec.protocol == "scan" and choice.measure == "landmark-warp":
        if not (choice.landmarks and choice.pred_landmarks):
            raise UsageError("a landmark warp needs landmarks of both sides: give --landmarks and --pred-landmarks")
        _refuse(spec, choice, "scale", "unit")
        return LandmarkWarp(reference_unit=choice.reference_unit)
    if choice.measure != "nearest":
        raise UsageError(f"--measure {choice.measure} goes with `scan` only, or there is no such measure")
    if spec.protocol == "scan":
        wanted = {"scale": choice.scale} if choice.scale else {}
        return with_settings(Scan(unit=choice.unit, reference_unit=choice.reference_unit), wanted)
    _refuse(spec, choice, "scale")
    if spec.protocol == "now":
        _refuse(spec, choice, "reference_unit")
        return with_settings(Now(unit=choice.unit), {"scale": str(spec.raw["scale"])})
    _refuse(spec, choice, "unit")
    return with_settings(_named_recipe(spec), {"reference_unit": choice.reference_unit})


def _named_recipe(spec: Spec) -> Micc:
    if spec.raw["recipe"] not in _MICC:
        raise UsageError(f"{spec.name}: there is no recipe {spec.raw['recipe']!r}; known are {', '.join(_MICC)}")
    return _MICC[spec.raw["recipe"]]()


def _refuse(spec: Spec, choice: Choice, *names: str) -> None:
    """What a user said that would not be heeded is refused."""
    nothing = asdict(Choice())
    options: Mapping[str, str] = {"unit": "--pred-unit", "reference_unit": "--reference-unit", "scale": "--scale"}
    for name in names:
        if getattr(choice, name) != nothing[name]:
            raise UsageError(
                f"{options[name]}: {spec.name} settles that itself, or it cannot matter there; leave it out"
            )
