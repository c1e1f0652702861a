"""The three published tables, from the published per-sample files, cell by cell as printed.

Source of both: the benchmark's authors (Zhu et al., TPAMI 2023); the tables are what their own script prints.
"""

import csv
import io
from pathlib import Path

import pytest

from fsbench.boards.official import import_official
from fsbench.report.formats import FORMATS
from fsbench.report.tables import build
from fsbench.runs import Run

TABLES = {
    "table_1_fswild_angle.csv": ("fswild", "pose"),
    "table_2_fslab_angle.csv": ("fslab", "pose"),
    "table_3_fslab_f.csv": ("fslab", "focal"),
}
NO_VALUE = {"-1.00", "-1.000", "-100.0"}


@pytest.fixture(scope="module")
def runs(shared: Path) -> list[Run]:
    return import_official(shared / "data" / "facescape" / "eval_result")


@pytest.mark.parametrize("name", TABLES)
def test_regenerated_table_is_the_published_one(name: str, runs: list[Run], shared: Path) -> None:
    benchmark, by = TABLES[name]
    ours = [run for run in runs if run.benchmark == benchmark]
    written = list(csv.reader(io.StringIO(FORMATS["csv"]([build(ours, by)]))))
    table = {label: (cells, legacy or done) for label, *cells, done, legacy in written[1:]}

    text = (shared / "data" / "facescape" / "published_tables" / name).read_text("utf-8")
    published = list(csv.reader(io.StringIO(text)))
    assert len(published) == 2 + 14
    for label, *cells, done in published[2:]:
        expected = ["" if cell in NO_VALUE else cell for cell in cells]
        cells, ours_done = table[label]
        # Ours may end with the means over all samples, which no published table has.
        assert (cells[: len(expected)], ours_done) == (expected, done), label


def test_done_of_df2net_counts_the_benchmark_and_not_the_file(runs: list[Run]) -> None:
    (run,) = [run for run in runs if (run.benchmark, run.method) == ("fswild", "DF2Net")]
    (row,) = build([run]).rows
    assert (row.n_scored, row.n_total, row.published_rows) == (280, 400, 374)
    assert (f"{100 * row.done:.1f}", f"{100 * row.legacy_done:.1f}") == ("70.0", "74.9")
    assert run.counts == {"ok": 280, "missing": 120, "invalid": 0, "failed": 0}
