"""Answers among labels: shares of each, as a matrix."""

from pathlib import Path

import numpy as np
import pytest

from fsbench.core.errors import UsageError
from fsbench.core.quantities import Quantity
from fsbench.report.plots.answers import shares
from fsbench.report.plots.figure import plot
from fsbench.runs import Record, Run, assemble
from fsbench.stats.layout import layouts

ANSWER = Quantity("said", "Said", label_of="word")
WORDS = ("yes", "no", "maybe")


def _run(answers: list[float], total: int = 0) -> Run:
    bins = {f"{i}": {"word": WORDS[i % 3]} for i in range(len(answers))}
    records = [
        Record(name, "ok", scores={"said": value, "right": 1.0}) for name, value in zip(bins, answers, strict=True)
    ]
    manifest = {
        "benchmark": "words",
        "method": "mine",
        "signature": "words|v1",
        "benchmark_samples": total or len(bins),
    }
    manifest["quantities"] = [ANSWER.as_dict(), Quantity("right", "Right").as_dict()]
    return assemble(records, bins, ["said", "right"], manifest)


def test_rows_are_shares_of_the_scored_answers() -> None:
    run = _run([0, 1, 2, 1, np.nan, 0, 99, -1, 2])
    found = shares(run, layouts(run)["word"], ANSWER, 3)
    # What numbers no label is no answer, and no answer is not counted.
    assert found.tolist() == [[0.5, 0.5, 0.0], [0.0, 1.0, 0.0], [1 / 3, 0.0, 2 / 3]]


@pytest.mark.parametrize("form", ["svg", "pdf", "png"])
def test_it_is_drawn_for_one_method_and_several(form: str) -> None:
    runs = [_run([0, 1, 2, 1, 1, 1]), _run([2, 2, 2, 2, 2, 2])]
    drawn = plot(runs, "distribution", "word", "said", labels=["a", "b"], form=form)
    assert drawn.content and "share of each answer in percent, by bin" in drawn.caption
    assert plot(runs[:1], "distribution", metric="said").content


def test_an_answer_is_no_error_and_a_part_of_the_samples_knows_no_labels(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="answer among labels; its figure is --kind distribution"):
        plot([_run([0, 1, 2])], "error", "word", "said")
    with pytest.raises(UsageError, match="numbers the labels of all of them"):
        plot([_run([0, 1, 2], total=9)], "distribution", "word", "said")
