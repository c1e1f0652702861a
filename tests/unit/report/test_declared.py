"""A benchmark of another package: fsbench knows none of its columns, and shows what it declares."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fsbench.benchmarks import load_spec
from fsbench.core.errors import UsageError
from fsbench.core.quantities import Quantity
from fsbench.report.comparison import COMPARISON_FORMATS
from fsbench.report.formats import FORMATS
from fsbench.report.plots.figure import KINDS, plot
from fsbench.report.tables import build
from fsbench.runs import Record, Run, assemble
from fsbench.stats import compare, policy_orders, small_overlaps, summaries

TIP = Quantity("tip", "Nose tip", "mm", 1, "lower", beside="reached", note="tips are clicked by hand")
REACHED = Quantity("reached", "Reach", "%", 0, "higher", 100.0, low=0.0, high=1.0, enough=0.5, covers="Nose tip")
SMILE = Quantity("smile", "Smile", "", 2, "higher", statistic=True)
DECLARED = (SMILE, TIP, REACHED)

RunMaker = Callable[..., Run]


@pytest.fixture
def noses() -> RunMaker:
    def make(method: str, level: float, declared: tuple[Quantity, ...] = DECLARED, reached: float = 0.9) -> Run:
        bins = {f"{i:02d}": {"light": ("dim", "bright")[i % 2]} for i in range(12)}
        records = [
            Record(name, "ok", scores={"smile": 0.1 / level, "tip": level * (1 + 0.1 * i), "reached": reached})
            for i, name in enumerate(bins)
        ]
        manifest = {"benchmark": "noses", "method": method, "signature": "noses|v1"}
        manifest["quantities"] = [one.as_dict() for one in declared]
        return assemble(records, bins, ["smile", "tip", "reached"], manifest)

    return make


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its TOML, as a registry of benchmarks would give it."""
    spec = replace(
        load_spec("fswild"), name="noses", title="Noses", tables=(), samples=(), axes={"light": "Light in the room"},
        main_metrics=("tip",), raw={"samples": {}},
    )  # fmt: skip
    monkeypatch.setattr("fsbench.stats.layout._spec", lambda manifest, bins: spec)


def test_tables_show_what_is_declared(noses: RunMaker, known: None) -> None:
    table = build([noses("Good", 1.0), noses("Bad", 3.0, reached=0.2)], "light")
    assert [metric.heading for metric in table.metrics] == ["Nose tip (mm)", "Reach (%)"]
    text = FORMATS["text"]([table])
    assert "tips are clicked by hand." in text
    assert "Nose tip leaves out what of the reference the prediction does not reach: read it with Reach." in text
    assert "Small overlap, Reach below 50 %, so that Nose tip may leave out the hard parts: Bad." in " ".join(
        text.split()
    )
    for write in FORMATS.values():
        assert "Nose tip" in write([table]) or "tip" in write([table])
    (line,) = [line for line in FORMATS["markdown"]([table]).splitlines() if line.startswith("| Good")]
    assert line.startswith("| Good | **1.5** |"), "lower is better"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_figure_is_drawn(noses: RunMaker, known: None, kind: str) -> None:
    drawn = plot([noses("Good", 1.0), noses("Bad", 3.0, reached=0.2)], kind)
    assert drawn.content and "Small overlap, Reach below 50 %" in drawn.caption
    assert kind != "cd-cr" or "Nose tip against Reach." in drawn.caption


def test_axes_say_what_the_benchmark_says(noses: RunMaker, known: None) -> None:
    assert build([noses("Good", 1.0)], "light").layout.axis == "Light in the room"


def test_without_its_toml_the_run_still_knows_its_columns(noses: RunMaker) -> None:
    assert [metric.heading for metric in build([noses("Good", 1.0)]).metrics] == ["Smile", "Nose tip (mm)", "Reach (%)"]
    with pytest.raises(UsageError, match="is of an error; smile is none"):
        plot([noses("Good", 1.0)], "cumulative")


def test_statistics_follow_the_declaration(noses: RunMaker) -> None:
    runs = [noses("Good", 1.0), noses("Bad", 3.0, reached=0.2)]
    assert small_overlaps(runs) == {"Bad": pytest.approx(0.2)}
    found = compare(runs, metrics=["tip"], n_resamples=100)
    assert found.metrics == ("tip", "reached")
    assert found.differences["winner"].iloc[0] == "Good"
    text = " ".join(COMPARISON_FORMATS["text"](found).split())
    assert "Nose tip, lower is better" in text and "less than 50 % of the reference surface" in text
    assert policy_orders(runs, "smile").table["rank_legacy"].to_dict() == {"Good": 1.0, "Bad": 2.0}
    assert json.loads(COMPARISON_FORMATS["json"](found))["metrics"] == ["tip", "reached"]


def test_penalty_is_the_worst_in_the_declared_direction(noses: RunMaker) -> None:
    good, bad = noses("Good", 1.0), noses("Bad", 3.0)
    bad.samples.loc[0, ["status", "smile", "tip", "reached"]] = ["missing", np.nan, np.nan, np.nan]
    table = summaries([good, bad], policy="penalised", ci=False).set_index(["method", "metric"])
    first, others = 1.0, 3.0 * (1 + 0.1 * np.arange(1, 12))
    assert table.loc[("Bad", "tip"), "mean"] == pytest.approx((first + others.sum()) / 12)


def test_runs_that_mean_other_things_by_a_column_are_not_compared(noses: RunMaker) -> None:
    other = (SMILE, replace(TIP, better="higher"), REACHED)
    with pytest.raises(
        UsageError, match=r"do not mean the same by tip: .*lower is better, but in Bad .*higher is better"
    ):
        build([noses("Good", 1.0), noses("Bad", 3.0, other)])


def test_a_hostile_label_stays_text(noses: RunMaker, tmp_path: Path) -> None:
    odd = (SMILE, replace(TIP, label="<b>|[x](http://y)", beside=""), REACHED)
    table = build([noses("Good", 1.0, odd)], metrics=["tip"])
    assert "<b>" not in FORMATS["html"]([table])
    assert r"&lt;b>\|\[x\](http://y)" in FORMATS["markdown"]([table])
    assert plot([noses("Good", 1.0, odd)], metric="tip").content
