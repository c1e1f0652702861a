"""`fsbench sample`: one line a benchmark and method on standard output, and plain refusals."""

from pathlib import Path

import pytest

from fsbench.cli import main


def _exit_code(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    return int(end.value.code or 0)


def test_it_says_how_to_score_what_it_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "new"
    assert _exit_code(["sample", str(folder), "--wild", "4", "--subjects", "0", "--methods", "mean-face"]) == 0
    written = capsys.readouterr()
    row = ("fswild", "mean-face", "3DDFA_V2", "000-000,100-100,200-200,300-300", f"{folder}/pred/wild_pred/mean-face")
    assert written.out == "\t".join(row) + "\n"
    assert written.err == f"4 in-the-wild and 0 in-the-lab samples in {folder}\n"
    assert len(list((folder / "pred/wild_pred/mean-face").glob("*.obj"))) == 4


def test_a_wrong_method_is_refused_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _exit_code(["sample", str(tmp_path), "--methods", "median-face"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "fsbench: there is no baseline 'median-face'; there are mean-face, linear-weak, linear-persp\n"
