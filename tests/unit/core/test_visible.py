"""Names from outside: whatever they hold, a terminal shows it and does not act on it."""

import csv
import io
import json
import unicodedata
from pathlib import Path

import pytest

from fsbench.check.findings import Finding, some
from fsbench.cli import main
from fsbench.cli.messages import put, say
from fsbench.core.visible import visible
from fsbench.report.comparison import COMPARISON_FORMATS
from fsbench.report.formats import FORMATS, latex, markdown, write_tidy
from fsbench.report.tables import build
from fsbench.runs import Record, Run, assemble
from fsbench.runs.saving import Saved
from fsbench.stats import compare
from fsbench.stats.layout import layouts

HOSTILE = "a\x1b[2Jb\x9b31mc\u202ed\u2066e\u200bf\x07g\x85h\u2028i\x00j\u3164k"
ACTS = ("Cc", "Cf", "Cs", "Zl", "Zp")


def acting(text: str) -> set[str]:
    """Characters that a terminal acts on, or nobody sees, but for our own line ends and styles."""
    for style in ("\x1b[0m", "\x1b[1m", "\x1b[4m"):
        text = text.replace(style, "")
    return {letter for letter in text if letter not in "\n\t" and unicodedata.category(letter) in ACTS} | (
        {"\u3164"} & set(text)
    )


def hostile_run(method: str = "mine") -> Run:
    """Every text of it is hostile; as somebody may send it."""
    name = HOSTILE.replace("\x00", "")
    bins = {f"{name}{i}": {f"bin{name}": f"label{name}{i % 2}"} for i in range(8)}
    records = [
        Record(sample, "ok", scores={f"cd{name}_mm": 1.0 + i}) if i else Record(sample, "invalid", name)
        for i, sample in enumerate(bins)
    ]
    manifest = {"benchmark": f"bench{name}", "method": f"{method}{name}", "signature": f"bench{name}|v1"}
    return assemble(records, bins, [f"cd{name}_mm"], manifest)


def test_nothing_that_acts_is_left() -> None:
    assert acting(visible(HOSTILE)) == set() and "\n" not in visible("a\nb")
    every = "".join(map(chr, range(0x10FFFF + 1)))
    assert acting(visible(every)) == set()
    assert visible("Müller 脸 3DDFA_V2 ±30° μ 😀") == "Müller 脸 3DDFA_V2 ±30° μ 😀"


@pytest.mark.parametrize("format_", FORMATS)
def test_tables(format_: str) -> None:
    run = hostile_run()
    for by in layouts(run):
        text = FORMATS[format_]([build([run], by)])
        assert acting(text) == set(), by
        assert len(text.splitlines()) == text.count("\n")
    assert acting(write_tidy([build([run], by)])) == set()


@pytest.mark.parametrize("format_", COMPARISON_FORMATS)
def test_comparisons(tmp_path: Path, capsys: pytest.CaptureFixture[str], format_: str) -> None:
    folders = []
    for method in ("one", "two"):
        hostile_run(method).save(tmp_path / method)
        folders.append(str(tmp_path / method))
    bin_ = hostile_run().bins[0]
    with pytest.raises(SystemExit) as stop:
        main(["compare", *folders, "--by", bin_, "--format", format_, "--resamples", "200"])
    said = capsys.readouterr()
    assert (stop.value.code or 0) == 0
    assert acting(said.out) == acting(said.err) == set()


def test_json_reads_as_it_was() -> None:
    found = json.loads(COMPARISON_FORMATS["json"](compare([hostile_run("one"), hostile_run("two")], n_resamples=200)))
    assert found["benchmark"] == hostile_run().benchmark


def test_findings_and_lists_of_names() -> None:
    assert acting(str(Finding("note", HOSTILE, HOSTILE))) == set() == acting(some([HOSTILE] * 9))
    assert "\n" not in str(Finding("note", "a\nb", "a\nb")) + some(["a\nb"])


def test_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    put(f"\x1b[1mbest\x1b[0m {HOSTILE}")
    say(HOSTILE)
    said = capsys.readouterr()
    assert acting(said.out) == acting(said.err) == set()


def test_summaries_and_progress(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from fsbench.cli.progress import steps, summarise

    run = hostile_run()
    samples = run.samples.assign(sample=[f"x\n{name}" for name in run.samples["sample"]])
    summarise(Saved.of(Run(samples, run.manifest)), tmp_path)
    with steps(f"title\nfsbench: all is well {HOSTILE}", 1, 0) as step:
        step(Record("000", "missing"))
    said = capsys.readouterr().err
    assert acting(said) == set()
    assert all(line.startswith((" ", "bench", "title\\n")) for line in said.splitlines())


def test_a_title_is_no_markup(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Taken for markup, it would be left out, or stop the run."""
    import sys

    from fsbench.cli.progress import steps

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with steps("[/red] [bold]net", 1, 0) as step:
        step(Record("000", "missing"))
    assert "[/red] [bold]net" in capsys.readouterr().err


@pytest.mark.parametrize("label", ["[0.5em]", "*", "[x", "*x"])
def test_latex_takes_no_label_for_an_option(label: str) -> None:
    assert latex.escape(label).startswith("{}")
    run = hostile_run()
    run = Run(run.samples, {**run.manifest, "method": label})
    for text in (FORMATS["latex"]([build([run], "overall")]),):
        before = ""
        for line in text.splitlines():
            assert not (line.startswith(("[", "*")) and before.rstrip().endswith(("\\\\", "rule"))), line
            before = line


def test_markdown_takes_no_label_for_a_formula() -> None:
    assert markdown.escape("$a$") == "\\$a\\$"


def test_no_csv_that_we_write_holds_a_formula() -> None:
    run = hostile_run()
    run = Run(run.samples, {**run.manifest, "method": "=cmd()"})
    other = Run(run.samples, {**run.manifest, "method": "@SUM(A1)"})
    table = build([run, other], "overall")
    texts = [FORMATS["csv"]([table]), write_tidy([table])]
    texts.append(COMPARISON_FORMATS["csv"](compare([run, other], n_resamples=200)))
    for text in texts:
        cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "@"))]
        assert any(cell.startswith(("'=", "'@")) for cell in cells)
