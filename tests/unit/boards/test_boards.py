"""The committed boards are whole and current, and take only runs that compare."""

import csv
import io
import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from xml.etree import ElementTree

import numpy as np
import pytest

from fsbench.benchmarks import load_spec
from fsbench.boards import changes, derived, methods
from fsbench.boards.admission import signatures
from fsbench.boards.board import read_board
from fsbench.boards.methods import Method, read_methods
from fsbench.cli import main
from fsbench.core.errors import FormatError, UsageError
from fsbench.core.resources import folder
from fsbench.runs import Record, Run, assemble

COMMITTED = folder("leaderboards")
DERIVED = {"README.md", "leaderboard.json", "fswild-pose.svg", "fslab-pose.svg", "fslab-focal.svg"}


pytestmark = pytest.mark.usefixtures("drawn_once")


@pytest.fixture(scope="module")
def content(drawn_once) -> dict[str, bytes]:
    return derived.derived_of(COMMITTED)


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


def new_run(
    method: str = "RAFaRe",
    signature: str | None = None,
    keep: int | None = None,
    status: str = "ok",
    scores: Mapping[str, float] = MappingProxyType({"cd_mm": 1.0, "mne_rad": 0.05, "cr": 0.99}),
) -> Run:
    spec = load_spec("fswild")
    samples = spec.samples[:keep]
    records = [Record(sample.name, "ok", scores=scores) for sample in samples[:-1]]
    last = samples[-1].name
    records.append(Record(last, "ok", scores=scores) if status == "ok" else Record(last, status, "because"))
    manifest = {"benchmark": "fswild", "method": method, "signature": signature or signatures(spec)[1]}
    return assemble(records, {sample.name: dict(sample.bins) for sample in samples}, list(scores), manifest)


def test_committed_files_are_what_the_csvs_give(content):
    assert set(content) == DERIVED
    stale = derived.stale(COMMITTED)
    # Letters of another matplotlib have other outlines.
    assert not stale or (derived.other_drawer(stale) and all(name.endswith(".svg") for name in stale))


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


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("fslab-pose.svg", b"</svg>", b"<script>alert(1)</script></svg>"),
        ("fswild-pose.svg", b"L ", b"L 1"),
        ("README.md", b"DECA", b"DECA "),
        ("leaderboard.json", b'"year": 2021', b'"year": 2022'),
    ],
)
def test_check_finds_one_changed_byte(built: Path, name: str, old: bytes, new: bytes) -> None:
    data = (built / name).read_bytes()
    assert old in data
    (built / name).write_bytes(data.replace(old, new, 1))
    assert derived.stale(built) == [name]


def test_check_finds_a_figure_that_no_board_has(built: Path) -> None:
    (built / "fswild-focal.svg").write_text("<svg/>")
    assert derived.stale(built) == ["fswild-focal.svg"]


def test_no_version_in_a_figure(content) -> None:
    for name in DERIVED:
        if name.endswith(".svg"):
            assert b"<dc:title>fsbench</dc:title>" in content[name]
            assert not re.search(rb"(matplotlib|fsbench),? v?\d", content[name], re.IGNORECASE)


def edited(boards: Path, line: int, column: str, value: str) -> Path:
    """The board in the wild with one cell changed."""
    path = boards / "fswild.csv"
    rows = list(csv.reader(io.StringIO(path.read_text("utf-8"))))
    rows[line - 1][rows[0].index(column)] = value
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    path.write_text(out.getvalue(), "utf-8")
    return path


# Lines 2, 3 and 4 are CD, MNE and CR of 3DDFA_V2 over all samples; 400 of 400 scored.
@pytest.mark.parametrize(
    ("line", "column", "value", "message"),
    [
        (2, "mean", "inf", "line 2: mean is 'inf'"),
        (2, "mean", "-1.0", "line 2: mean is '-1.0'"),
        (2, "mean", "1e5", "line 2: mean is '1e5'"),
        (2, "mean", "nan", "line 2: mean is 'nan'"),
        (2, "mean", "0.000000", "line 2: a CD of 0 mm"),
        (2, "mean", "", "line 2: 400 samples scored, expected a mean"),
        (3, "mean", "3.2", "line 3: mne_rad is 3.2, expected 0 to 3.14159"),
        (4, "high", "1.01", "line 4: cr is 1.01, expected 0 to 1"),
        (2, "low", "9.0", "line 2: the interval is from 9 to "),
        (2, "low", "", "line 2: the interval is from nan to "),
        (2, "n_total", "0", "line 2: 400 of 0 samples scored"),
        (2, "n_scored", "401", "line 2: 401 of 400 samples scored"),
        (2, "n_scored", "399", "3DDFA_V2, from line 2: cd_mm: the bins of pose have 400 scores together"),
        (5, "n_total", "101", "101 samples in pose 0-5, the benchmark has 100"),
        (2, "published_rows", "7", "published_rows is 7 and 400"),
        (2, "signature", "other|v1", "signature is other"),
        (2, "method", "3DDFA\x1b[2J", r"line 2: method is '3DDFA\\x1b\[2J'"),
        (2, "method", "3DDFA\nV2", r"line 3: method is '3DDFA\\nV2'"),
        (2, "method", "=1+1", "line 2: the label '=1\\+1': a spreadsheet"),
        (2, "bin", "al\u202el", r"line 2: bin is 'al\\u202el'"),
        (2, "metric", "cd", "line 2: metric is 'cd'"),
    ],
)
def test_what_a_hand_has_changed_is_refused_with_its_line(
    boards: Path, line: int, column: str, value: str, message: str
) -> None:
    path = edited(boards, line, column, value)
    with pytest.raises(FormatError, match=message):
        read_board(boards, load_spec("fswild"))
    assert fsbench_cli("leaderboard", "show", "fswild", "--folder", str(boards)) == 2, path


def fsbench_cli(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stop:
        main(list(arguments))
    return int(stop.value.code or 0)


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
        ({"method": "@SUM(A1)"}, "cannot be a label.*formula"),
        ({"method": "DЕCA"}, "looks like 'DECA'"),
        ({"method": "prnet"}, "looks like 'PRNet'"),
        ({"method": "3DDFA-V2"}, "looks like '3DDFA_V2'"),
        ({"scores": {"cd_mm": 0.0, "mne_rad": 0.05, "cr": 0.99}}, "CD of 0 mm"),
        ({"scores": {"cd_mm": -1.0, "mne_rad": 0.05, "cr": 0.99}}, "cd_mm is -1"),
        ({"scores": {"cd_mm": 1.0, "mne_rad": 3.2, "cr": 0.99}}, "mne_rad is 3.2"),
        ({"scores": {"cd_mm": 1.0, "mne_rad": 0.05, "cr": 1.01}}, "cr is 1.01"),
        ({"scores": {"cd_mm": 1e300, "mne_rad": 0.05, "cr": 1.0}}, "cd_mm is 1e\\+300"),
        ({"scores": {"cd_mm": float("inf"), "mne_rad": 0.05, "cr": 1.0}}, "cd_mm is inf"),
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


def test_an_empty_board_is_no_board(boards: Path) -> None:
    (boards / "fswild.csv").write_text("")
    with pytest.raises(FormatError, match=r"fswild\.csv: columns none, expected \['method'"):
        read_board(boards, load_spec("fswild"))


def test_each_label_of_many_is_looked_at_once(boards: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(methods, "skeleton", lambda label: seen.append(label) or label)
    rows = "".join(f"mine-{i},Paper,CVPR,2020,https://x.org\n" for i in range(300))
    (boards / "methods.csv").write_text((boards / "methods.csv").read_text("utf-8") + rows, "utf-8")
    assert len(read_methods(boards)) == len(seen)


@pytest.mark.parametrize("step", ["figure", "write"])
def test_a_method_is_added_whole_or_not_at_all(built: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    before = {path.name: path.read_bytes() for path in built.iterdir()}

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("cannot be drawn")

    if step == "figure":
        monkeypatch.setattr(derived, "plot_table", fail)
    else:
        # The last file of several cannot be put in its place.
        (built / "README.md").unlink()
        (built / "README.md").mkdir()
        (built / "README.md/file").touch()
        del before["README.md"]
    method = Method("Mine", "A paper", "CVPR", 2026, "https://example.org/paper")
    with pytest.raises((RuntimeError, OSError)):
        changes.add([new_run("Mine")], built, method)
    assert {path.name: path.read_bytes() for path in built.iterdir() if path.is_file()} == before


def test_methods_by_hand_are_refused_with_the_line(boards: Path) -> None:
    path = boards / "methods.csv"
    text = path.read_text("utf-8")
    n_lines = text.count("\n")
    for row, message in (
        ("Mine,Paper,CVPR,1890,https://x.org\n", "year 1890"),
        ("Mine,Paper,CVPR\n", "expected 5 cells"),
        ("Mine,Paper,CVPR,two,https://x.org\n", "line"),
        ("dEcA,Paper,CVPR,2020,https://x.org\n", "looks like 'DECA'"),
        ("Mine,=cmd|'/c calc',CVPR,2020,https://x.org\n", "no formula"),
    ):
        path.write_text(text + row, "utf-8")
        with pytest.raises(FormatError, match=f"line {n_lines + 1}: .*{message}" if message != "line" else "line"):
            read_methods(boards)


def test_a_method_of_a_board_without_its_paper_is_a_sentence(boards: Path) -> None:
    path = boards / "methods.csv"
    path.write_text("".join(line for line in path.read_text("utf-8").splitlines(True) if not line.startswith("DECA,")))
    with pytest.raises(FormatError, match=r"DECA is on the board of fslab and not in methods\.csv"):
        derived.stale(boards)
