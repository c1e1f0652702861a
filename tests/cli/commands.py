"""Running the command line as a user does, in this process."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from fsbench.cli import main
from fsbench.runs.journal import Journal


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


Run = Callable[..., Answer]
"""`fsbench ARGUMENTS`, in a folder of the test."""


def fsbench(capsys: pytest.CaptureFixture[str], *arguments: object) -> Answer:
    """Run `fsbench ARGUMENTS`; return exit code, stdout and stderr."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return Answer(int(stop.value.code or 0), captured.out, captured.err)


def rows_of(out: str) -> pd.DataFrame:
    """A run's rows by sample, without seconds, which are the clock's."""
    return pd.read_csv(Path(out) / "samples.csv", dtype={"sample": str}).set_index("sample").drop(columns="seconds")


@contextmanager
def ctrl_c_after(monkeypatch: pytest.MonkeyPatch, n_done: int) -> Iterator[None]:
    """Press Ctrl-C when so many samples are done."""
    append, count = Journal.append, iter(range(n_done))

    def stop(self, record):
        if next(count, None) is None:
            raise KeyboardInterrupt
        append(self, record)

    with monkeypatch.context() as patched:
        patched.setattr(Journal, "append", stop)
        yield
