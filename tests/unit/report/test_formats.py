"""How tables are written: aligned text, and LaTeX, HTML, Markdown, CSV and JSON that their readers accept."""

import csv
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
import pytest

from fsbench.core.errors import UsageError
from fsbench.protocols.landmark_warp import protocol as landmarked
from fsbench.protocols.now import protocol as now
from fsbench.protocols.scan import protocol as scan
from fsbench.report.formats import FORMATS, write_tidy
from fsbench.report.tables import build
from fsbench.runs import Record, Run, assemble
from fsbench.runs.pool_files import OVERALL
from fsbench.runs.pooled_statistics import STATISTICS, Pooled

NASTY = r"<b>&_%$#{}~^\|*`"


@pytest.fixture(scope="module")
def tables(make_run):
    runs = [make_run("DECA"), make_run(NASTY, level=2.5), make_run("DF2Net", level=7, fail={"60-90": 0})]
    return [build(runs, "pose"), build(runs, "overall", ci=True)]


@pytest.fixture(scope="module")
def wide(make_run):
    names = [f"method_number_{i}" for i in range(15)]
    return build([make_run(name, benchmark="fslab", level=2 + i / 5) for i, name in enumerate(names)], "subject")


def plain(text: str) -> str:
    return re.sub(r"\x1b\[\d*m", "", text)


def test_text_lines_up_and_pages(wide):
    lines = plain(FORMATS["text"]([wide])).splitlines()
    assert max(map(len, lines)) <= 100
    rows = [line for line in lines if line.startswith("method_number_3 ")]
    assert len(rows) > 1, "20 bins go into several blocks"
    assert sum(len(re.findall(r"\d+\.\d+", row)) for row in rows) == 20 * 3 + 1
    block = [line for line in lines if re.match(r"method_number_\d+ ", line)][:15]
    assert len({len(line) for line in block}) == 1


@pytest.fixture
def scans() -> Callable[..., Run]:
    """A run of scans, with its pooled numbers, which are 1 mm as all others."""

    def make(metrics: Sequence[str], benchmark: str = "scan", bins: Mapping[str, str] | None = None) -> Run:
        record = Record("anna", "ok", scores=dict.fromkeys(metrics, 1.0))
        manifest = {"benchmark": benchmark, "method": "a_method_of_20_chars", "signature": f"{benchmark}|test|v1"}
        numbers = {"samples": 1.0, "points": 9.0, **dict.fromkeys(STATISTICS, 1.0)}
        places = [(OVERALL, OVERALL), *(bins or {}).items()]
        statistics = pd.DataFrame([{"by": by, "bin": label, **numbers} for by, label in places])
        run = assemble([record], {"anna": bins or {}}, metrics, manifest)
        return replace(run, pooled=Pooled(statistics, pd.DataFrame({"limit_mm": []})))

    return make


@pytest.mark.parametrize("metrics", [scan.METRICS, landmarked.METRICS], ids=["nearest", "landmark-warp"])
def test_a_table_of_scans_is_one_block(scans, metrics):
    lines = plain(FORMATS["text"]([build([scans(metrics)])])).splitlines()
    heads = [line for line in lines if line.startswith("Method")]
    assert len(heads) == 1 and heads[0].endswith("Pooled mean   done")
    assert max(map(len, lines[:5])) <= 95, "with a label of 20"


def test_long_headings_are_broken_before_columns_are_put_below(scans):
    names = [f"{side}_mean_mm" for side in ("ref_to_pred", "pred_to_ref", "symmetric", "pooled")]
    run = scans(scan.METRICS)
    fits = plain(FORMATS["text"]([build([run], metrics=names)])).splitlines()
    assert fits[2].endswith("Symmetric mean Pooled mean   done"), "what fits is not broken"
    wide = plain(FORMATS["text"]([build([run], metrics=[*names, "ref_to_pred_median_mm", "pooled_std_mm"])]))
    above, head, units, row = wide.splitlines()[2:6]
    assert above.endswith("Ref to pred Pooled")
    assert head.startswith("Method") and head.endswith("median    std   done")
    assert (len(units.split()), len(row.split())) == (7, 8)


def test_labels_in_two_lines_let_now_have_two_challenges_side_by_side(scans):
    text = plain(FORMATS["text"]([build([scans(now.METRICS, "now", {"challenge": "selfie"})])]))
    assert sum(line.startswith("Method") for line in text.splitlines()) == 2


def test_text_shows_a_dash_where_nothing_was_scored(tables):
    (row,) = [line for line in plain(FORMATS["text"](tables[:1])).splitlines() if line.startswith("DF2Net")][:1]
    assert row.split()[-3:] == ["-", "-", "-"]


def test_the_done_rate_never_stands_in_a_block_of_its_own(tables):
    lines = plain(FORMATS["text"](tables[:1])).splitlines()
    last = [line for line in lines if line.startswith("Method")][-1]
    assert last.split() == ["Method", "CD", "MNE", "CR", "done"]
    assert "all samples" in lines[lines.index(last) - 1]
    assert max(map(len, lines)) <= 100


def test_text_emphasis_is_all_ansi(tables):
    text = FORMATS["text"](tables[:1])
    assert "\x1b[1m" in text
    assert "\x1b[4m" in text
    assert "\x1b" not in plain(text)


def test_csv_is_what_is_printed(tables):
    head, *rows = csv.reader(io.StringIO(FORMATS["csv"](tables[:1])))
    assert head[1:4] == ["cd_mm[0-5]", "mne_rad[0-5]", "cr_percent[0-5]"]
    assert {len(row) for row in rows} == {len(head)} == {1 + 15 + 2}
    assert rows[2][10:13] == ["", "", ""]
    assert head[13:16] == ["cd_mm[all]", "mne_rad[all]", "cr_percent[all]"]
    assert "" not in rows[2][13:16]
    with pytest.raises(UsageError, match="choose with --by"):
        FORMATS["csv"](tables)


def test_csv_has_intervals(tables):
    head, *rows = csv.reader(io.StringIO(FORMATS["csv"](tables[1:])))
    assert head[1:4] == ["cd_mm[all]", "cd_mm[all]_low", "cd_mm[all]_high"]
    mean, low, high = map(float, rows[0][1:4])
    assert low <= mean <= high


def test_csv_label_is_no_formula(make_run):
    text = FORMATS["csv"]([build([make_run("=cmd()"), make_run("-1")])])
    rows = list(csv.reader(io.StringIO(text)))
    assert [row[0] for row in rows[1:]] == ["'=cmd()", "-1"]


def test_tidy_has_a_row_for_each_cell_with_all_digits(tables):
    head, *rows = csv.reader(io.StringIO(write_tidy(tables)))
    assert len(rows) == 3 * (5 + 1) * 3
    line = dict(zip(head, rows[0], strict=True))
    # 12 digits are written.
    assert float(line["mean"]) == pytest.approx(tables[0].rows[0].cells[0][0].mean, rel=1e-11)
    assert 0 < float(dict(zip(head, rows[2], strict=True))["mean"]) < 1, "CR stays a share"


def test_json_is_strict(tables):
    found = json.loads(FORMATS["json"](tables), parse_constant=pytest.fail)
    assert found[0]["methods"][2]["bins"]["60-90"]["cd_mm"]["mean"] is None
    assert found[0]["methods"][0]["bins"]["0-5"]["cd_mm"]["mean"] == tables[0].rows[0].cells[0][0].mean


def test_markdown_rows_have_one_width(tables):
    text = FORMATS["markdown"](tables[:1])
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {1 + 15 + 1 + 1}
    assert "<b>" not in text
    assert "**" in text


def test_latex_is_balanced_and_has_the_columns_it_announces(tables):
    text = FORMATS["latex"](tables)
    body = re.sub(r"(?m)^%.*$", "", text)
    bare = re.sub(r"\\[{}%&#$_]", "", body)
    assert bare.count("{") == bare.count("}")
    assert re.findall(r"\\begin{([a-z*]+)}", body) == ["table*", "tabular", "tabular", "table*", "tabular"]
    assert re.findall(r"\\end{([a-z*]+)}", body) == ["tabular", "tabular", "table*", "tabular", "table*"]
    for announced, tabular in re.findall(r"(?s)\\begin{tabular}{(l?r+)}(.*?)\\end{tabular}", body):
        rows = [line for line in tabular.splitlines() if line.endswith(r"\\")]
        for row in rows:
            cells = re.split(r"(?<!\\)&", row)
            extra = sum(int(n) - 1 for n in re.findall(r"\\multicolumn{(\d+)}", row))
            assert len(cells) + extra == len(announced), row
        for rule in (r"\toprule", r"\midrule", r"\bottomrule"):
            assert rule in tabular
    assert r"\textbf{" in body
    assert r"\underline{" in body
    assert r"\textless{}b\textgreater{}\&\_\%\$\#\{\}" in body


class Strict(HTMLParser):
    """Every element is closed in order, cells stand in rows, rows are equally wide."""

    VOID = ("meta",)

    def __init__(self):
        super().__init__()
        self.open, self.widths, self.text = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "tr":
            assert self.open[-2] in ("thead", "tbody")
            self.widths.append(0)
        if tag in ("td", "th"):
            assert self.open[-2] == "tr"
            self.widths[-1] += int(dict(attrs).get("colspan", 1))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def test_html_is_well_formed_and_inert(tables):
    page = FORMATS["html"](tables[:1])
    parser = Strict()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    assert set(parser.widths) == {1 + 15 + 1}
    assert "<b>" not in page
    assert NASTY in parser.text
    assert 'class="best"' in page
    assert not re.search(r"(?i)(src|href)=", page)
    assert page.count("<script") == 1, "its own, for sorting"
    assert "prefers-color-scheme: dark" in page
    # A button in each heading of a column sorts by it.
    assert page.count("<button>") == 1 + 15 + 1


def test_of_two_methods_none_is_second_best(make_run):
    pages = FORMATS["html"]([build([make_run("A"), make_run("B", level=5)])])
    assert 'class="best"' in pages
    assert 'class="second"' not in pages
