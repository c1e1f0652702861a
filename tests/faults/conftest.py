"""A benchmark that takes long enough to be disturbed, and `fsbench score` on it in a process of its own."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

import fsbench

SAMPLES = [f"{i:03d}" for i in (0, 100, 200, 300)]
METHOD = "pred/wild_pred/mean-face"


@dataclass(frozen=True)
class Disturbable:
    """Sixteen samples, and what they score when nothing disturbs."""

    root: Path
    undisturbed: pd.DataFrame

    def command(self, out: Path, *more: str) -> list[str]:
        return command(self.root, out, *more)

    def rows(self, out: Path) -> pd.DataFrame:
        return rows(out)


@pytest.fixture(scope="session")
def disturbable(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Disturbable:
    """Every one of the sample's four under four numbers."""
    root = tmp_path_factory.mktemp("large") / "root"
    shutil.copytree(sample / "code", root / "code")
    for folder in ("data/wild_gt_mesh", METHOD):
        (root / folder).mkdir(parents=True)
        for i in range(16):
            name = SAMPLES[i % 4]
            (root / folder / f"{int(name) + i // 4:03d}.obj").symlink_to(sample / folder / f"{name}.obj")
    out = tmp_path_factory.mktemp("undisturbed") / "run"
    subprocess.run(command(root, out, "--jobs", "2"), check=True, capture_output=True)
    return Disturbable(root, rows(out))


def command(root: Path, out: Path, *more: str) -> list[str]:
    chosen = ",".join(f"{int(name) + i:03d}" for name in SAMPLES for i in range(4))
    call = "from fsbench.cli import main; main()"
    return [
        *(sys.executable, "-c", call, "score", "fswild", "--root", str(root), "--pred", str(root / METHOD)),
        *("-a", "3DDFA_V2", "--samples", chosen, "--no-cache", "--out", str(out), *more),
    ]


def rows(out: Path) -> pd.DataFrame:
    return fsbench.load_run(out).samples.drop(columns="seconds")
