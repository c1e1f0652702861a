"""Settings of a protocol by name."""

import math

import pytest

from fsbench.benchmarks import Choice
from fsbench.benchmarks.spec import load_spec
from fsbench.core.errors import UsageError
from fsbench.core.settings import parse_settings, settings_of, with_settings
from fsbench.protocols import registry
from fsbench.protocols.landmark_warp.protocol import LandmarkWarp
from fsbench.protocols.micc.protocol import Micc
from fsbench.protocols.now.protocol import Now
from fsbench.protocols.scan.protocol import Scan


def _settings(spec, choice: Choice):
    return registry.chosen(spec, choice).settings(spec, choice)


def test_values_get_the_type_of_the_setting() -> None:
    changed = with_settings(
        Scan(), parse_settings(["icp.trim=0.1", "icp.rim=true", "icp_points=2000", "scale = metric"])
    )
    assert (changed.icp.trim, changed.icp.rim, changed.icp_points, changed.scale) == (0.1, True, 2000, "metric")
    assert changed.signature("scan") != Scan().signature("scan")
    assert with_settings(Micc.deng2019(), {"forehead_mm": "inf", "up": "-z"}).forehead_mm == math.inf


def test_fixed_settings_are_none() -> None:
    assert "missing" not in settings_of(Scan()) and "icp.robust" in settings_of(Scan())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("forehead_mm=60", "there is no such setting; .* mirror"),
        ("miror=allowed", "did you mean mirror"),
        ("mirror=yes", "expected one of refused, allowed"),
        ("crop_radius=2", "no such setting"),
        ("unit=parsec", "no unit 'parsec'"),
        ("mirror.x=1", "no parts"),
    ],
)
def test_a_wrong_setting_is_refused(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        with_settings(Now(), parse_settings([text]))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("icp=huber", "one of its parts"),
        ("icp_points=many", "whole number"),
        ("icp.trim=2", "share in"),
        ("icp.rim=1", "true or false"),
        ("icp.max_iterations=0", "expected 1 to"),
        ("icp.max_iterations=-3", "expected 1 to"),
        ("icp.tolerance=nan", r"in \(0, 1\)"),
        ("icp.tolerance=0", r"in \(0, 1\)"),
        ("icp.trim=nan", "share in"),
        ("icp.trim=-0.1", "share in"),
        ("icp_points=0", "expected 100 to"),
        ("icp_points=-5", "expected 100 to"),
        ("icp.scale=false", "--scale fitted or metric"),
        ("icp.trimm=0.2", "did you mean icp.trim"),
        ("trim=0.2", "did you mean icp.trim"),
        ("max_iteration=5", "did you mean icp.max_iterations"),
        ("icp_point=5", "did you mean icp_points"),
    ],
)
def test_a_wrong_value_is_refused(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        with_settings(Scan(), parse_settings([text]))


@pytest.mark.parametrize(
    ("protocol", "text", "words"),
    [
        (Micc.deng2019(), "crop_mm=0", "more than 0"),
        (Micc.deng2019(), "crop_mm=nan", "more than 0"),
        (Micc.deng2019(), "crop_mm=1e9", "to 1000"),
        (Micc.deng2019(), "forehead_mm=-1", "height > 0"),
        (Micc.deng2019(), "forehead_mm=nan", "height > 0"),
        (LandmarkWarp(), "smoothing=-1", "number >= 0"),
        (LandmarkWarp(), "smoothing=inf", "number >= 0"),
        (LandmarkWarp(), "reference_unit=parsec", "no unit"),
    ],
)
def test_a_number_out_of_range_is_refused(protocol, text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        with_settings(protocol, parse_settings([text]))


def test_the_signature_says_what_icp_does() -> None:
    assert "/rigid/" in Scan(scale="metric").signature("scan") and "/scaled/" in Scan().signature("scan")


@pytest.mark.parametrize(("name", "way"), [("scan", "--scale metric"), ("now", "now-metrical")])
def test_a_unit_that_cannot_matter_is_refused(name: str, way: str) -> None:
    for choice in (Choice(unit="m"), Choice(changes=("unit=m",))):
        with pytest.raises(UsageError, match=way):
            _settings(load_spec(name), choice)
    assert _settings(load_spec("now-metrical"), Choice(unit="m")).unit == "m"


@pytest.mark.parametrize(
    ("name", "choice", "words"),
    [
        ("scan", Choice("m", "p", "landmark-warp", scale="metric"), "--scale metric: --measure landmark-warp fits"),
        ("scan", Choice("m", "p", "landmark-warp", unit="mm"), "--pred-unit mm: --measure landmark-warp fits"),
        ("scan", Choice(measure="nearst"), "--measure nearst: there is no such measure"),
        ("now", Choice(measure="landmark-warp"), "--measure landmark-warp: now has a measure of its own"),
        ("now", Choice(scale="metric"), "--scale metric: .*now-metrical keeps it"),
        ("now", Choice(reference_unit="m"), "--reference-unit m: the scans of now are in mm"),
        ("micc-deng2019", Choice(unit="m"), "--pred-unit m: micc-deng2019 fits"),
        ("scan", Choice(reference_unit="inch"), "--reference-unit: there is no unit 'inch'.*its length in millimetres"),
    ],
)
def test_what_would_not_be_heeded_is_refused_with_its_reason(name: str, choice: Choice, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        _settings(load_spec(name), choice)


def test_a_unit_is_a_number_too_and_signed_in_one_way() -> None:
    spec = load_spec("scan")
    by_number = _settings(spec, Choice(scale="metric", unit="1e3", reference_unit="180.0"))
    assert "|unit:m|reference_unit:180|" in by_number.signature("scan")
    assert _settings(spec, Choice(scale="metric", unit="m", changes=("reference_unit=180",))) == by_number


@pytest.mark.parametrize("texts", [["mirror"], ["=x"], ["mirror="], ["unit=m", "unit=mm"]])
def test_other_forms_are_refused(texts: list[str]) -> None:
    with pytest.raises(UsageError, match="--set"):
        parse_settings(texts)


@pytest.mark.parametrize(
    ("name", "said", "option"), [("reference_unit", "mm", "--reference-unit"), ("scale", "metric", "--scale")]
)
def test_a_setting_that_is_said_twice_is_refused(name: str, said: str, option: str) -> None:
    with pytest.raises(UsageError, match=f"{option} {said} and --set {name}=.*: say it once"):
        _settings(load_spec("scan"), Choice(**{name: said}, changes=(f"{name}=m",)))
