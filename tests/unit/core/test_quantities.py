import json
import math

import pytest

from fsbench.core.quantities import Quantity, quantity, with_companions
from fsbench.protocols.known_quantities import known_quantities

CD = Quantity("cd_mm", "CD", "mm", 2, "lower", beside="cr", low=0.0)
CR = Quantity("cr", "CR", "%", 1, "higher", 100.0, low=0.0, high=1.0, enough=0.75, covers="CD")
KNOWN = {one.name: one for one in (CD, CR, Quantity("cd_ref_to_pred_mm", "CD ref to pred", beside="cr"))}


@pytest.mark.parametrize(
    "name", ["error_mm", "mean_angle_deg", "share_1mm", "median_mm", "pooled_max_mm", "time_s", "rmse", "distance_px"]
)
def test_nothing_is_claimed_of_a_name_that_nobody_declared(name):
    what = quantity(name, {})
    assert what == Quantity(name, name[:1].upper() + name[1:].replace("_", " "))
    assert (what.unit, what.better, what.factor, what.beside, what.note) == ("", None, 1.0, "", "")


def test_spread_over_samples_is_read_from_the_name_once():
    what = quantity("std_of_cr", KNOWN)
    assert (what.heading, what.better, what.factor, what.pooled, what.column) == (
        "CR std (%)",
        None,
        100.0,
        "std",
        "cr",
    )
    assert (what.low, what.high) == (0.0, 1.0)
    assert quantity("std_of_std_of_cr", KNOWN).column == "std_of_cr"
    assert quantity("std_of_nose", {}).label == "Nose std"


def test_nothing_and_nearly_nothing():
    assert CD.show(float("nan")) == "-"
    assert CD.show(-0.004) == "0.00"
    assert CD.show(-0.004, plus=True) == "0.00"
    assert CD.show(0.25, plus=True) == "+0.25"


def test_chamfer_is_never_alone():
    assert with_companions(["cd_mm"], ["cd_mm", "cr"], KNOWN) == ["cd_mm", "cr"]
    assert with_companions(["cr", "cd_mm"], ["cd_mm", "cr"], KNOWN) == ["cr", "cd_mm"]
    assert with_companions(["cd_mm"], ["cd_mm"], KNOWN) == ["cd_mm"]
    assert with_companions(["cd_ref_to_pred_mm", "cd_mm"], ["cd_mm", "cd_ref_to_pred_mm", "cr"], KNOWN) == [
        "cd_ref_to_pred_mm",
        "cr",
        "cd_mm",
    ]


@pytest.mark.parametrize("name", [*known_quantities(), "std_of_cr"])
def test_json_brings_back_what_was_written(name):
    what = quantity(name, known_quantities())
    assert Quantity.from_dict(json.loads(json.dumps(what.as_dict()))) == what


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": ""}, "name cannot be ''"),
        ({"name": None}, "name cannot be None"),
        ({"label": "red\x1b[31m"}, "label cannot be"),
        ({"label": "two\nlines"}, "label cannot be"),
        ({"label": "x" * 101}, "label cannot be"),
        ({"note": "x" * 501}, "note cannot be"),
        ({"unit": ["mm"]}, "unit cannot be a list"),
        ({"decimals": -1}, "decimals cannot be -1"),
        ({"decimals": 10**9}, "decimals cannot be"),
        ({"decimals": True}, "decimals cannot be True"),
        ({"decimals": 2.0}, "decimals cannot be 2.0"),
        ({"better": "smaller"}, "better cannot be 'smaller'"),
        ({"better": {}}, "better cannot be a dict"),
        ({"factor": 0}, "factor cannot be 0"),
        ({"factor": -1.0}, "factor cannot be -1.0"),
        ({"factor": math.nan}, "factor cannot be nan"),
        ({"factor": 10**400}, "factor cannot be 1000"),
        ({"factor": True}, "factor cannot be True"),
        ({"low": math.inf}, "low cannot be inf"),
        ({"high": "1"}, "high cannot be '1'"),
        ({"low": 2.0, "high": 1.0}, "low 2 is above high 1"),
        ({"pooled": "sum"}, "pooled cannot be 'sum'"),
        ({"statistic": 1}, "statistic cannot be 1"),
        ({"enough": 0.5}, "enough and covers go together"),
        ({"covers": "CD"}, "enough and covers go together"),
        ({"source": "other"}, "without a source|its own column"),
        ({"colour": "red"}, "unknown key 'colour'"),
    ],
)
def test_a_quantity_from_outside_is_checked(changes, message):
    with pytest.raises(ValueError, match=message):
        Quantity.from_dict({"name": "cd_mm", "label": "CD", **changes})


@pytest.mark.parametrize("content", [None, [], "cd_mm", {"name": "cd_mm"}, {"label": "CD"}])
def test_what_is_no_quantity_is_refused(content):
    with pytest.raises(ValueError, match="an object with name and label"):
        Quantity.from_dict(content)
