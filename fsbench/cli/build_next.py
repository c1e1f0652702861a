"""What to type when a benchmark is built."""

import shlex
from pathlib import Path

from fsbench.cli.messages import put


def put_score_command(folder: Path, frame: str) -> None:
    """Print the command that scores predictions of a frame on the benchmark in `folder`; it can be pasted."""
    files = ["--root", str(folder), "--pred", "PREDICTIONS"]
    put(shlex.join(["fsbench", "score", str(folder / "benchmark.toml"), *files, "-a", frame, "--out", "RUN"]))
