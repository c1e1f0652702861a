"""The committed boards are whole and current, and take only runs that compare."""

import json
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from fsbench.benchmarks import load_spec
from fsbench.boards import changes, derived
from fsbench.boards.admission import signatures
from fsbench.boards.board import read_board
from fsbench.boards.methods import Method, read_methods
from fsbench.core.errors import FormatError, UsageError
from fsbench.core.resources import folder
from fsbench.runs import Record, Run, assemble

COMMITTED = folder("leaderboards")
DERIVED = {"README.md", "leaderboard.json", "fswild-pose.svg", "fslab-pose.svg", "fslab-focal.svg"}


pytestmark = pytest.mark.usefixtures("drawn_once")


@pytest.fixture(scope="module")
def content(drawn_once) -> dict[str, bytes]:
    return derived.derive(COMMITTED)


@pytest.fixture
def boards(tmp_path) -> Path:
    """The CSVs alone, in a folder of their own."""
    for path in COMMITTED.glob("*.csv"):
        shutil.copy(path, tmp_path)
    return tmp_path


@pytest.fixture
def built(boards: Path, content: dict[str, bytes]) -> Path:
    """A folder as it is committed."""
    for name, data in content.items():
        (boards / name).write_bytes(data)
    return boards


def new_run(method: str = "RAFaRe", signature: str | None = None, keep: int | None = None, status: str = "ok") -> Run:
    spec = load_spec("fswild")
    scores = {"cd_mm": 1.0, "mne_rad": 0.05, "cr": 0.99}
    samples = spec.samples[:keep]
    records = [Record(sample.name, "ok", scores=scores) for sample in samples[:-1]]
    last = samples[-1].name
    records.append(Record(last, "ok", scores=scores) if status == "ok" else Record(last, status, "because"))
    manifest = {"benchmark": "fswild", "method": method, "signature": signature or signatures(spec)[1]}
    return assemble(records, {sample.name: dict(sample.bins) for sample in samples}, list(scores), manifest)


def test_committed_files_are_what_the_csvs_give(content):
    assert set(content) == DERIVED
    assert derived.stale(COMMITTED) == []


def test_derived_files_are_the_same_bytes_each_time(boards, content, drawn_once, monkeypatch):
    monkeypatch.setattr(derived, "plot_table", drawn_once)
    assert set(derived.build(boards)) == DERIVED
    for name, expected in content.items():
        assert (boards / name).read_bytes() == expected, name


def test_no_date_and_no_chance_in_a_figure(content):
    for name in DERIVED:
        if name.endswith(".svg"):
            text = content[name].decode()
            assert "dc:date" not in text
            assert re.search(r"<dc:identifier>sha256:[0-9a-f]{64}</dc:identifier>", text)
            assert "official-eval-result" in text
            assert len(text) < 2_000_000
            ElementTree.fromstring(text)


def test_published_focal_axis_is_put_right(content):
    text = content["fslab-focal.svg"].decode()
    assert "other way round" in text
    board = read_board(COMMITTED, load_spec("fslab"))
    (deca,) = [row for row in board.table("focal").rows if row.label == "DECA"]
    # From the published table: 5.81 mm at 300 px.
    at_300 = dict(zip([bin_.label for bin_ in board.layouts["focal"].bins], deca.cells, strict=True))["300"][0]
    assert f"{at_300.mean:.2f}" == "5.81"


def test_check_sees_a_changed_number_and_a_changed_file(built):
    path = built / "fswild.csv"
    path.write_text(path.read_text().replace("DECA,pose,0-5,cd_mm,2.9", "DECA,pose,0-5,cd_mm,1.9"))
    (built / "fslab-pose.svg").unlink()
    expected = {"README.md", "leaderboard.json", "fswild-pose.svg", "fslab-pose.svg"}
    assert set(derived.stale(built)) == expected
    assert set(derived.build(built)) == expected


def test_figure_of_another_matplotlib_is_left_alone_while_its_numbers_hold(built, content):
    for name in ("fslab-focal.svg", "fslab-pose.svg"):
        other = re.sub(rb"matplotlib [0-9.]+", b"matplotlib 9.9.9", content[name]).replace(b"M ", b"M 0")
        assert other != content[name]
        (built / name).write_bytes(other)
    path = built / "fslab-pose.svg"
    path.write_bytes(re.sub(rb"sha256:[0-9a-f]", b"sha256:g", path.read_bytes()))
    (built / "fswild-pose.svg").write_bytes(content["fswild-pose.svg"].replace(b"M ", b"M 0"))
    assert derived.stale(built) == ["fslab-pose.svg", "fswild-pose.svg"]


def test_json_holds_all_methods_and_layouts(content):
    found = json.loads(content["leaderboard.json"])
    layouts = {b["name"]: [table["table"] for table in b["tables"]] for b in found["benchmarks"]}
    assert layouts == {"fslab": ["overall", "pose", "focal", "pose-all"], "fswild": ["overall", "pose"]}
    for benchmark in found["benchmarks"]:
        for table in benchmark["tables"]:
            assert len(table["methods"]) == 14
    assert all(method["year"] >= 2018 and method["source"].startswith("https://") for method in found["methods"])


def test_intervals_hold_their_means():
    for name in ("fswild", "fslab"):
        rows = read_board(COMMITTED, load_spec(name)).rows
        some = rows[np.isfinite(rows["low"])]
        assert len(some) > 0.9 * len(rows)
        assert ((some["low"] <= some["mean"]) & (some["mean"] <= some["high"])).all()
        assert (rows["n_scored"] <= rows["n_total"]).all()


def test_new_method_goes_onto_the_board(built):
    written = changes.add([new_run()], built)
    assert {"fswild.csv", "README.md", "leaderboard.json", "fswild-pose.svg"} <= set(written)
    assert "fslab-pose.svg" not in written
    board = read_board(built, load_spec("fswild"))
    assert board.methods[0] == "RAFaRe"
    readme = (built / "README.md").read_text()
    assert "| RAFaRe | **1.00 [1.00, 1.00]** |" in readme
    assert "Scored by fsbench: RAFaRe." in readme


def test_method_on_the_board_is_not_replaced_by_accident(boards):
    before = (boards / "fswild.csv").read_bytes()
    with pytest.raises(UsageError, match="on the board of fswild already"):
        changes.add([new_run("DECA")], boards)
    assert (boards / "fswild.csv").read_bytes() == before
    changes.add([new_run("DECA")], boards, replace=True)
    assert read_board(boards, load_spec("fswild")).methods.count("DECA") == 1


@pytest.mark.parametrize(
    ("run", "message"),
    [
        ({"signature": "fswild|map:512|v1"}, r"(?s)map:512.*official-eval-result"),
        ({"keep": 399}, "399 rows that are not the 400 samples"),
        ({"status": "failed"}, "1 samples have the status failed"),
        ({"method": "Unheard"}, "who made it"),
        ({"method": "two\nlines"}, "cannot be a label"),
    ],
)
def test_run_that_does_not_compare_is_refused(boards, run, message):
    with pytest.raises(UsageError, match=message):
        changes.add([new_run(**run)], boards)


def test_run_that_means_something_else_by_a_column_is_refused(boards):
    run = new_run()
    run.manifest["quantities"] = [{"name": name, "label": name, "better": "higher"} for name in run.metrics]
    with pytest.raises(UsageError, match=r"run\.json declares cd_mm, mne_rad, cr in another unit or direction"):
        changes.add([run], boards)


def test_unknown_method_comes_with_its_paper(boards):
    method = Method("Mine", "A paper, with comma", "CVPR", 2026, "https://example.org/paper")
    changes.add([new_run("Mine", status="missing")], boards, method)
    assert read_methods(boards)["Mine"] == method
    with pytest.raises(UsageError, match="already"):
        changes.add([new_run("Mine")], boards, Method("Mine", "Other", "CVPR", 2026, "https://example.org"))


@pytest.mark.parametrize("source", ["http://example.org", "javascript:alert(1)", "https://x.org/(a) b", ""])
def test_source_is_a_plain_address(source):
    with pytest.raises(UsageError, match="https"):
        Method("Mine", "Paper", "CVPR", 2026, source)


@pytest.mark.parametrize("paper, venue", [("Two\nlines", "CVPR"), ("Paper", "CV\x1b[2JPR")])
def test_what_would_break_a_table_s_row_is_refused(paper: str, venue: str) -> None:
    with pytest.raises(UsageError, match="one line each"):
        Method("Mine", paper, venue, 2026, "https://example.org")


def test_damaged_board_says_where(boards):
    path = boards / "fswild.csv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-1]))
    with pytest.raises(FormatError, match=r"fswild.csv: .* has 14 rows, expected 15"):
        read_board(boards, load_spec("fswild"))
    path.write_text("".join(lines[:-1]) + lines[-1].replace(",", ";"))
    with pytest.raises(FormatError, match=r"fswild.csv"):
        read_board(boards, load_spec("fswild"))
