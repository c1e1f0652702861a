"""Settings of a protocol by name."""

import math

import pytest

from fsbench.benchmarks.settings import parse_settings, settings_of, with_settings
from fsbench.errors import UsageError
from fsbench.protocols.micc import Micc
from fsbench.protocols.now import Now
from fsbench.protocols.scan import Scan


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
    ],
)
def test_a_wrong_value_is_refused(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        with_settings(Scan(), parse_settings([text]))


@pytest.mark.parametrize("texts", [["mirror"], ["=x"], ["mirror="], ["unit=m", "unit=mm"]])
def test_other_forms_are_refused(texts: list[str]) -> None:
    with pytest.raises(UsageError, match="--set"):
        parse_settings(texts)
