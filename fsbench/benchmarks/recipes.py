"""Recipes: the protocol that a specification names, with what the user sets."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from fsbench.benchmarks.settings import parse_settings, with_settings
from fsbench.benchmarks.spec import Spec
from fsbench.core.errors import AlignmentError, FsbenchError, UsageError
from fsbench.core.units import unit_called
from fsbench.protocols.landmark_warp.protocol import LandmarkWarp
from fsbench.protocols.micc.protocol import Micc
from fsbench.protocols.now.protocol import Now
from fsbench.protocols.scan.protocol import Scan

Protocol = Scan | LandmarkWarp | Now | Micc

_MICC = {"deng2019": Micc.deng2019, "ganfit2021": Micc.ganfit2021}
_OPTIONS = {"unit": "--pred-unit", "reference_unit": "--reference-unit", "scale": "--scale"}


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
        Of predictions and scans: a name, how many millimetres it has, or "found".
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
    _refuse_unknown_units(choice)
    changes = parse_settings(choice.changes)
    for name, option in _OPTIONS.items():
        if name in changes and getattr(choice, name) not in ("", "found"):
            raise UsageError(f"{option} {getattr(choice, name)} and --set {name}={changes[name]}: say it once")
    try:
        protocol = _with_named_units(with_settings(_protocol(spec, choice), changes))
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


def _refuse_unknown_units(choice: Choice) -> None:
    for name in ("unit", "reference_unit"):
        if (text := getattr(choice, name)) == "found":
            continue
        try:
            unit_called(text)
        except AlignmentError as error:
            raise UsageError(f"{_OPTIONS[name]}: {error}") from None


def _with_named_units(protocol: Protocol) -> Protocol:
    """The same, each unit written in one way: two runs that say it differently have one signature."""
    said = {name: getattr(protocol, name, "found") for name in ("unit", "reference_unit")}
    return with_settings(protocol, {name: unit_called(unit).name for name, unit in said.items() if unit != "found"})


def _protocol(spec: Spec, choice: Choice) -> Protocol:
    if spec.protocol == "scan" and choice.measure == "landmark-warp":
        if not (choice.landmarks and choice.pred_landmarks):
            raise UsageError("a landmark warp needs landmarks of both sides: give --landmarks and --pred-landmarks")
        how = "--measure landmark-warp fits the prediction's size by the landmarks"
        _refuse(choice, {"scale": how, "unit": f"{how}, so its unit cannot matter"})
        return LandmarkWarp(reference_unit=choice.reference_unit)
    if choice.measure != "nearest":
        raise UsageError(f"--measure {choice.measure}: {_measures(spec)}")
    if spec.protocol == "scan":
        wanted = {"scale": choice.scale} if choice.scale else {}
        return with_settings(Scan(unit=choice.unit, reference_unit=choice.reference_unit), wanted)
    if spec.protocol == "now":
        sizes = "now fits the prediction's size and now-metrical keeps it: choose one of these benchmarks"
        _refuse(choice, {"scale": sizes, "reference_unit": f"the scans of {spec.name} are in mm"})
        return with_settings(Now(unit=choice.unit), {"scale": str(spec.raw["scale"])})
    sizes = f"{spec.name} fits the prediction's size"
    _refuse(choice, {"scale": sizes, "unit": f"{sizes}, so its unit cannot matter"})
    return with_settings(_named_recipe(spec), {"reference_unit": choice.reference_unit})


def _named_recipe(spec: Spec) -> Micc:
    if spec.raw["recipe"] not in _MICC:
        raise UsageError(f"{spec.name}: there is no recipe {spec.raw['recipe']!r}; known are {', '.join(_MICC)}")
    return _MICC[spec.raw["recipe"]]()


def _measures(spec: Spec) -> str:
    if spec.protocol == "scan":
        return "there is no such measure; there are nearest and landmark-warp"
    return f"{spec.name} has a measure of its own; this option goes with `scan` only"


def _refuse(choice: Choice, why: Mapping[str, str]) -> None:
    """What a user said that would not be heeded is refused; `why` by the names of a choice's fields."""
    nothing = asdict(Choice())
    for name, reason in why.items():
        given = getattr(choice, name)
        if given != nothing[name]:
            raise UsageError(f"{_OPTIONS[name]} {given}: {reason}; leave it out")
