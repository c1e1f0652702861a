"""Notes that keep numbers from being misread."""

from dataclasses import replace

import pytest

from fsbench.core.errors import UsageError
from fsbench.core.quantities import Quantity
from fsbench.report import notes
from fsbench.report.formats import FORMATS
from fsbench.report.selection import require_comparable
from fsbench.report.tables import build

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


def test_done_of_a_split_table_is_of_no_block_alone(make_run):
    run = make_run("A", benchmark="fslab")
    split, whole = (FORMATS["text"]([build([run], "focal", ci=ci)]) for ci in (True, False))
    last = split.split("\n\n")[3].splitlines()
    assert [line.split()[-1] for line in last[1:]] == ["done", "%", "100.0"]
    assert last[0].endswith(" 300 px ────────────────────────   all")
    assert " all " not in whole.splitlines()[2]


def test_runs_of_other_samples_are_refused_with_the_option_that_takes_them(make_run):
    few, whole = make_run("A", keep=12), make_run("B")
    with pytest.raises(UsageError, match=r"those of A are --samples 000-011$"):
        require_comparable([whole, few])
    with pytest.raises(UsageError, match=r"those of A are the column sample of its samples.csv"):
        require_comparable([replace(one, manifest={**one.manifest, "benchmark": "own"}) for one in (few, whole)])
