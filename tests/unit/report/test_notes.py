"""Notes that keep numbers from being misread."""

from dataclasses import replace

import pytest

from fsbench.core.quantities import Quantity
from fsbench.report import notes

MOTION = Quantity("motion_mm", "Motion", "mm", 2, "lower")


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (["Shape"], "Shape misleads alone: read it with Motion."),
        (["Shape", "Skin"], "Shape and Skin mislead alone: read them with Motion."),
    ],
)
def test_numbers_that_mislead_alone_are_named(labels, said):
    alone = [Quantity(label.lower(), label, "mm", 2, "lower", beside="motion_mm") for label in labels]
    assert notes.of_metrics([*alone, MOTION]) == [said]
    assert notes.of_metrics([MOTION]) == []


def test_missing_references_are_said_by_run_where_they_differ(make_run):
    whole = make_run("A", keep=20)
    lacking = replace(whole, manifest={**whole.manifest, "references_missing": 1})
    said = "1 of 20 samples has no reference, so no score whatever the prediction; done counts them."
    assert said in notes.of_runs([lacking, lacking], ["A", "B"], None, [])
    assert f"B: {said}" in notes.of_runs([whole, lacking], ["A", "B"], None, [])
    assert notes.of_runs([whole], ["A"], None, []) == ()
