"""Verdicts on zips for the SVFR benchmark: as recorded of the official client, and as it says where it is installed.

The golden file has the answers of nersemble_benchmark 0.2.0, run as it is, on zips of other meshes; see its README.
"""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from fsbench.submissions.svfr.checking import check_zip
from fsbench.submissions.svfr.images import images
from tests.svfr_zips import cases, write

CASES = cases()
# Modules that the client imports and does not use for the verdict; they are stood in for where they are absent.
_ASK = """
import importlib.util, json, sys
from unittest.mock import MagicMock

for name in ("cv2", "dreifus", "flame_model", "open3d", "requests", "torch"):
    if importlib.util.find_spec(name) is None:
        sys.modules[name] = MagicMock()
        sys.modules.update({f"{name}.{part}": MagicMock() for part in ("camera", "matrix", "vector")})
from nersemble_benchmark.data.submission_data import SVFRSubmissionDataReader
try:
    said = SVFRSubmissionDataReader(sys.argv[1]).validate_submission()
    print(json.dumps({key: len(files) for key, files in said.items()}))
except Exception as error:
    print(json.dumps({"exception": type(error).__name__}))
"""


def _plain(answer: dict[str, int | str]) -> dict[str, int | str]:
    """Which exception it is depends on the libraries, and on how a file is damaged."""
    return {"exception": 1} if "exception" in answer else answer


@pytest.fixture(scope="module")
def golden(shared: Path) -> dict[str, dict[str, int | str]]:
    if not (shared / "golden/svfr").is_dir():
        pytest.skip("no answers of the official SVFR client beside the repository")
    answers: dict[str, dict[str, int | str]] = json.loads((shared / "golden/svfr/official_answers.json").read_text())
    return answers


def test_the_golden_file_has_these_cases(golden: dict[str, dict[str, int | str]]) -> None:
    assert set(golden) == set(CASES) and len(CASES) == 22


@pytest.mark.parametrize("name", CASES)
def test_a_verdict_is_the_official_one(tmp_path: Path, golden: dict[str, dict[str, int | str]], name: str) -> None:
    path = write(tmp_path / "x.zip", CASES[name]())
    assert check_zip(path).counts == _plain(golden[name])


def test_the_images_are_the_official_ones(shared: Path) -> None:
    keys = json.loads((shared / "golden/svfr/image_keys.json").read_text())
    listed = [f"{person}/{name}_{time:03d}_{camera}" for person, own in keys.items() for name, time, camera in own]
    assert list(images()) == listed and len(listed) == 391


@pytest.mark.parametrize("name", CASES)
def test_the_installed_client_says_the_same(tmp_path: Path, name: str) -> None:
    assert check_zip(write(tmp_path / "x.zip", CASES[name]())).counts == _plain(official(tmp_path / "x.zip"))


def official(path: Path) -> dict[str, int | str]:
    """What the official client says; skips where it is not installed."""
    if importlib.util.find_spec("nersemble_benchmark") is None:
        pytest.skip("nersemble_benchmark is not installed: pip install --no-deps nersemble_benchmark==0.2.0")
    asked = subprocess.run([sys.executable, "-c", _ASK, str(path)], capture_output=True, text=True, check=True)
    answer: dict[str, int | str] = json.loads(asked.stdout.splitlines()[-1])
    return answer
