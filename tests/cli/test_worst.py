"""`fsbench worst`: the samples to look at first, with links that a report opens."""

import csv
import io
import math
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from rich.cells import cell_len

from fsbench.core.quantities import Quantity
from fsbench.runs import Record, assemble
from tests.browser import chromium, opened
from tests.cli.commands import fsbench

ODD = "a b/%41(1)\"'<i>#&?é|*\x1b[2J"
LONG = "the nose is not where the landmark file says, and " * 5
QUANTITIES = (
    Quantity("nose_mm", "Nose", "mm", 2, "lower", beside="cover"),
    Quantity("cover", "Cover", "%", 1, "higher", factor=100.0),
    Quantity("size", "Size", "", 3),
)
BEFORE = {"ann": 1.0, "bea": 2.0, "cem": 3.0, ODD: 4.0, "eve": 5.0, "fay": math.nan, "gil": math.nan}
TURN_TO = """(hash) => new Promise((done) => {
  addEventListener("hashchange", done, { once: true });
  location.hash = hash;
})"""
AFTER = {"ann": 1.5, "bea": math.nan, "cem": 2.0, ODD: 6.25, "eve": 5.001, "fay": 1.0, "gil": math.nan}


def save(folder: Path, method: str, noses: Mapping[str, float], signature: str = "noses|v1", **about: object) -> Path:
    records = [
        Record(name, "failed", LONG if name == "bea" else "no file")
        if math.isnan(nose)
        else Record(name, "ok", scores={"nose_mm": nose, "cover": 1 - nose / 100, "size": 1.0})
        for name, nose in noses.items()
    ]
    manifest = {"benchmark": "noses", "method": method, "signature": signature, "title": "Noses", **about}
    manifest["quantities"] = [one.as_dict() for one in QUANTITIES]
    bins = {name: {"view": "front" if i % 2 else "side"} for i, name in enumerate(noses)}
    assemble(records, bins, [one.name for one in QUANTITIES], manifest).save(folder)
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("runs")
    return {
        "before": save(root / "before", "Alpha", BEFORE, suspicious={"eve": "the scale jumped"}),
        "after": save(root / "after", "Alpha", AFTER),
        "part": save(root / "part", "Alpha", {"ann": 9.0, "zoe": 1.0}),
        "apart": save(root / "apart", "Alpha", {"zoe": 1.0}),
        "otherwise": save(root / "otherwise", "Beta", AFTER, signature="noses|v2"),
        "elsewhere": save(root / "elsewhere", "Beta", AFTER, signature="ears|v1", benchmark="ears"),
    }


@pytest.fixture(scope="module")
def page(runs, tmp_path_factory) -> Path:
    """Two chapters, of which the second is of the runs."""
    from fsbench.report.page.report import report
    from fsbench.runs import load_run

    folders = [runs["elsewhere"], runs["before"], runs["after"]]
    out = tmp_path_factory.mktemp("the page") / "report.html"
    out.write_text(report([load_run(folder) for folder in folders], folders)[0], "utf-8")
    return out


ONE = """\
noses, Alpha: the 3 worst of 5 samples by Nose, lower is better

   sample                     view   Nose (mm)  Cover (%)  reason
1  eve                        side        5.00       95.0  suspicious: the scale jumped
2  a b/%41(1)"'<i>#&?é|*\\x1b[2J  front       4.00       96.0
3  cem                        side        3.00       97.0

Without a score: 2 samples; samples.csv of the run says why.
measured as noses v1 · 156a47
"""


def test_the_worst_of_a_run_come_first(capsys, runs):
    answer = fsbench(capsys, "worst", runs["before"], "-n", 3)
    assert (answer.code, answer.err) == (0, "")
    assert _squeezed(answer.out) == _squeezed(ONE)


def test_where_higher_is_better_the_smallest_are_worst(capsys, runs):
    out = fsbench(capsys, "worst", runs["before"], "--metric", "cover", "-n", 2, "--format", "csv").out
    assert [row["sample"] for row in _rows(out)] == ["eve", ODD.replace("\x1b", "\\x1b")]
    worse = _rows(fsbench(capsys, "worst", runs["before"], runs["after"], "--metric", "cover", "--format", "csv").out)
    assert [float(row["difference"]) for row in worse[1:]] == pytest.approx([-0.0225, -0.005])


def test_samples_that_lost_their_score_come_before_those_that_got_worse(capsys, runs):
    answer = fsbench(capsys, "worst", runs["before"], runs["after"])
    lines = answer.out.splitlines()
    assert " ".join(" ".join(lines[:2]).split()) == (
        "noses, from Alpha (before) to Alpha (after), by Nose, lower is better: 1 sample lost the score, 2 got worse"
    )
    assert [line.split()[1] for line in lines[4:7]] == ["bea", "a", "ann"]
    # eve is 0.001 mm worse, which nobody can see; its reason is whole in csv alone.
    assert re.fullmatch(r"1  bea +2\.00 +- +- +98\.0 / - +failed: the nose [^…]*…", lines[4])
    assert lines[5].split()[-6:] == ["4.00", "6.25", "+2.25", "96.0", "/", "93.8"]
    assert "Of the others, 1 got better, 1 are printed alike, 1 gained a score, 1 have no score in either run." in lines
    assert all(cell_len(line) <= 100 for line in lines)


def test_a_table_of_long_names_fits_a_terminal(capsys, tmp_path):
    names = {f"{'subject/' * 9}{i}": 1.0 + i for i in range(3)}
    first = save(tmp_path / "first", "A method with a very long name", names)
    second = save(tmp_path / "second", "Another method with a long name", dict.fromkeys(names, math.nan))
    lines = fsbench(capsys, "worst", first, second).out.splitlines()
    assert max(map(cell_len, lines)) <= 100
    assert [line.rpartition("  ")[2][:6] for line in lines if "bject/" in line] == ["failed"] * 3


def test_csv_has_all_digits_and_whole_reasons(capsys, runs):
    lost, odd, ann = _rows(fsbench(capsys, "worst", runs["before"], runs["after"], "--format", "csv").out)
    assert (lost["sample"], lost["status_second"], lost["reason_second"]) == ("bea", "failed", LONG.strip())
    assert (lost["nose_mm_first"], lost["nose_mm_second"], lost["difference"]) == ("2.0", "", "")
    assert (ann["view"], ann["difference"], ann["cover_second"]) == ("side", "0.5", "0.985")
    assert odd["difference"] == "2.25"


def test_n_limits_what_is_listed_and_says_so(capsys, runs):
    out = fsbench(capsys, "worst", runs["before"], runs["after"], "-n", 1).out
    assert "2 more lost the score or got worse: see -n." in out
    assert "ann" not in out


def test_samples_of_one_run_only_are_left_out_and_counted(capsys, runs):
    out = fsbench(capsys, "worst", runs["before"], runs["part"]).out
    assert re.search(r"(?m)^1  ann +side +1\.00 +9\.00 +\+8\.00", out)
    assert "Left out, as only one of the runs has them: 7 samples." in out


def test_a_run_without_scores_says_so(capsys, tmp_path):
    empty = save(tmp_path / "empty", "Alpha", {"gil": math.nan})
    answer = fsbench(capsys, "worst", empty)
    assert (answer.code, answer.out.splitlines()[0]) == (0, "noses, Alpha: no sample has a score")


@pytest.mark.parametrize("format_", ["text", "markdown", "csv"])
def test_links_open_the_sample_in_the_report(capsys, runs, page, format_):
    answer = fsbench(capsys, "worst", runs["before"], "-n", 2, "--report", page, "--format", format_)
    assert (answer.code, answer.err) == (0, "")
    links = re.findall(r"[^\s(,]+#sample-[^\s),]+", answer.out)
    assert len(links) == 2
    with chromium() as browser:
        for link, name in zip(links, ("eve", ODD.replace("\x1b", "\\x1b")), strict=True):
            address, _, anchor = link.partition("#")
            assert address == page.as_posix().replace(" ", "%20")
            with opened(browser, page, anchor=anchor) as tab:
                tab.until("document.querySelectorAll('.sample .name')[1].textContent !== 'ann (view side)'")
                assert tab.evaluate("document.querySelectorAll('.sample .name')[1].textContent").startswith(name)
                assert tab.evaluate("document.querySelectorAll('.sample .name')[0].textContent").startswith("ann")


def test_an_address_that_changes_opens_another_sample_and_a_wrong_one_nothing(runs, page):
    from fsbench.report.page.links import sample_links
    from fsbench.runs import load_run

    links = sample_links(page, load_run(runs["after"]))
    assert len(links) == len(AFTER)
    with chromium() as browser, opened(browser, page) as tab:
        shown = "document.querySelectorAll('.sample .name')[1].textContent"
        for wanted in ("cem", ODD, "eve"):
            tab.evaluate(f"location.hash = '{links[wanted].partition('#')[2]}'")
            tab.until(f"{shown}.startsWith({wanted.replace(chr(27), chr(92) + 'x1b')!r})")
        for wrong in ("#sample-1=%E0%A4%A", "#sample-1=nobody", "#sample-9=cem", "#sample-x"):
            # The event comes before the answer to the next question.
            tab.evaluate(TURN_TO, wrong)
            assert tab.evaluate(shown).startswith("eve")


@pytest.mark.parametrize(
    ("names", "options", "said"),
    [
        (("before", "otherwise"), (), ("Alpha and Beta were not measured alike", "version: v1 / v2")),
        (("before", "elsewhere"), (), ("Alpha is a run of noses, Beta one of ears",)),
        (("before", "before"), (), ("the same run is named twice",)),
        (("before", "after", "part"), (), ("3 runs are given",)),
        (("before", "apart"), (), ("have no sample in common",)),
        (("before",), ("--metric", "ear"), ("has no column 'ear'", "nose_mm, cover, size")),
        (("before",), ("--metric", "size"), ("neither direction of size is better", "choose among nose_mm, cover")),
        (("before",), ("-n", 0), ("0 is not in the range",)),
    ],
)
def test_what_does_not_fit_is_refused(capsys, runs, names, options, said):
    answer = fsbench(capsys, "worst", *(runs[name] for name in names), *options)
    assert (answer.code, answer.out) == (2, "")
    assert all(part in answer.err for part in said), answer.err


def test_a_page_that_is_no_report_or_of_other_runs_is_refused(capsys, runs, page, tmp_path):
    content = page.read_bytes()
    names = content.rindex(b'"samples":{"names":')
    odd = {
        "absent.html": (None, "there is no such file"),
        "empty.html": (b"", "the file is empty"),
        "other.html": (b"<html><p>hello</html>", "is not a page that `fsbench report` wrote"),
        "cut.html": (content[:names], "is cut off"),
        "deep.html": (content[: names + 19] + b"[" * 9999 + content[names + 19 :], "nested"),
        "text.html": (content[: names + 19] + b"x" + content[names + 19 :], "cannot be read"),
    }
    for name, (data, said) in odd.items():
        if data is not None:
            (tmp_path / name).write_bytes(data)
        answer = fsbench(capsys, "worst", runs["before"], "--report", tmp_path / name)
        assert (answer.code, answer.out) == (2, "")
        assert said in answer.err
    answer = fsbench(capsys, "worst", runs["otherwise"], "--report", page)
    assert (answer.code, "shows no run measured as noses|v2" in answer.err) == (2, True)


def test_a_sample_that_the_page_does_not_have_has_no_link(capsys, runs, page):
    answer = fsbench(capsys, "worst", runs["part"], "--report", page)
    assert "does not show 1 of these 2 samples" in answer.err
    assert answer.out.count("#sample-1=") == 1


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def _squeezed(text: str) -> str:
    """Without the widths of columns."""
    return re.sub(r" {2,}", "  ", text)
