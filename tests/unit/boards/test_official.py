"""The authors' per-sample files are read line by line, and nothing else is taken for them."""

from pathlib import Path

import numpy as np
import pytest

from fsbench.boards.official import import_official
from fsbench.core.errors import FormatError, UsageError


def write(folder: Path, name: str, cd: list[str], mne: list[str] | None = None, cr: list[str] | None = None) -> None:
    place = folder / name
    place.mkdir()
    for file, lines in (("CD", cd), ("MNE", mne or ["0.1"] * len(cd)), ("CR", cr or ["0.5"] * len(cd))):
        (place / f"{file}_full.txt").write_text("".join(f"{line}\n" for line in lines))


def test_lines_are_the_samples_in_order_and_short_files_end_in_missing(tmp_path):
    numbers = [f"{i:.18e}" for i in range(374)]
    numbers[5] = "nan"
    blank = ["nan" if i == 5 else "1.000000000000000000e+00" for i in range(374)]
    write(tmp_path, "fswild_DF2Net", numbers, blank, blank)
    (run,) = import_official(tmp_path)
    assert (run.benchmark, run.method, run.signature) == ("fswild", "DF2Net", "fswild|official-eval-result|v1")
    assert run.counts == {"ok": 373, "missing": 27, "invalid": 0, "failed": 0}
    assert list(run.samples["sample"]) == [f"{i:03d}" for i in range(400)]
    expected = np.array([float(i) if i < 374 and i != 5 else np.nan for i in range(400)])
    np.testing.assert_array_equal(run.samples["cd_mm"], expected)
    assert "nan" in run.samples["reason"][5]
    assert "374 of 400" in run.samples["reason"][399]


def test_methods_are_named_by_what_follows_the_benchmark(tmp_path):
    for name in ("fslab_3DDFA_V2", "fslab_fswild_x", "unrelated", "fslab_"):
        write(tmp_path, name, ["1.0"])
    assert [(run.benchmark, run.method) for run in import_official(tmp_path)] == [
        ("fslab", "3DDFA_V2"),
        ("fslab", "fswild_x"),
    ]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("abc", "'abc'"),
        ("", "''"),
        ("-1", "'-1'"),
        ("inf", "'inf'"),
        ("1_0", "'1_0'"),
        ("1e999", "inf"),
        ("1 2", "'1 2'"),
    ],
)
def test_what_is_no_score_is_refused_with_its_line(tmp_path, line, found):
    write(tmp_path, "fswild_X", ["1.0", line, "2.0"])
    with pytest.raises(FormatError, match=r"CD_full.txt:2: found") as error:
        import_official(tmp_path)
    assert found in str(error.value)


def test_share_above_one_is_refused(tmp_path):
    write(tmp_path, "fswild_X", ["1.0"], cr=["85.0"])
    with pytest.raises(FormatError, match="at most 1"):
        import_official(tmp_path)


def test_files_must_belong_together(tmp_path):
    write(tmp_path, "fswild_X", ["1.0", "2.0"], cr=["0.5"])
    with pytest.raises(FormatError, match="differ in length"):
        import_official(tmp_path)


def test_nan_in_one_file_only_is_refused(tmp_path):
    write(tmp_path, "fswild_X", ["1.0", "nan"])
    with pytest.raises(FormatError, match="line 2 is nan in some"):
        import_official(tmp_path)


def test_too_many_lines_are_refused(tmp_path):
    write(tmp_path, "fswild_X", ["1.0"] * 401)
    with pytest.raises(FormatError, match="401 lines, expected 1 to 400"):
        import_official(tmp_path)


def test_missing_file_and_missing_folder(tmp_path):
    write(tmp_path, "fswild_X", ["1.0"])
    (tmp_path / "fswild_X" / "MNE_full.txt").unlink()
    with pytest.raises(FormatError, match=r"MNE_full.txt: missing"):
        import_official(tmp_path)
    with pytest.raises(UsageError, match="no such folder"):
        import_official(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="no folder <benchmark>_<METHOD>"):
        import_official(tmp_path / "empty")
