"""Running the command line as a user does, in this process."""

from dataclasses import dataclass

import pytest

from fsbench.cli import main


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


def fsbench(capsys: pytest.CaptureFixture[str], *arguments: object) -> Answer:
    """Run `fsbench ARGUMENTS`; return exit code, stdout and stderr."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return Answer(int(stop.value.code or 0), captured.out, captured.err)
