"""Options of how a run is computed; they never move a score."""

import math
import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

from fsbench.core.choices import ENGINES
from fsbench.core.errors import UsageError
from fsbench.scoring.running import Running

_Command = TypeVar("_Command", bound=Callable[..., Any])
_UNITS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}


def running_of(jobs: int, options: dict[str, Any]) -> Running:
    """Take the options of `running_options` out of a command's.

    Raises
    ------
    UsageError
        If they contradict each other or have no valid value.
    """
    engine, scheduler = options.pop("engine"), options.pop("scheduler")
    if (engine == "dask") != bool(scheduler):
        raise UsageError("--engine dask and --scheduler ADDRESS need each other: give both or neither")
    timeout = options.pop("timeout")
    if timeout is not None and not math.isfinite(timeout):
        raise UsageError(f"--timeout {timeout}: expected a number of seconds; leave it out for no limit")
    memory, shard = options.pop("memory"), options.pop("shard")
    running = Running(
        jobs,
        timeout,
        _bytes(memory) if memory else None,
        _shard(shard) if shard else None,
        not options.pop("no_cache"),
        scheduler or "",
    )
    if scheduler and (running.timeout_s or running.memory_bytes):
        raise UsageError("--timeout and --memory are for workers of this machine; a Dask cluster has its own limits")
    return running


def running_options(command: _Command) -> _Command:
    """Add the options to a command; see `running_of`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


_OPTIONS = (
    click.option(
        "--timeout", type=click.FloatRange(0, min_open=True), metavar="SECONDS", help="Time limit of a sample."
    ),
    click.option("--memory", metavar="SIZE", help="Per-sample memory limit, e.g. 4G."),
    click.option("--no-cache/--cache", help="Do not use the cache of prepared references; see `fsbench cache`."),
    click.option("--shard", metavar="I/N", help="Score only the I-th of N parts; `fsbench merge` joins them."),
    click.option(
        "--engine", type=click.Choice(ENGINES), default="local", help="Where to score: this machine or a Dask cluster."
    ),
    click.option("--scheduler", metavar="ADDRESS", help="Address of the Dask scheduler, e.g. tcp://node17:8786."),
)


def _bytes(text: str) -> int:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([KMGT]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    if not found or not float(found[1]):
        raise UsageError(f"--memory {text}: expected a size such as 800M or 4G")
    return int(float(found[1]) * 2 ** _UNITS[found[2].upper()])


def _shard(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d+)/(\d+)", text.strip())
    if not found or not 1 <= int(found[1]) <= int(found[2]):
        raise UsageError(f"--shard {text}: expected I/N with I from 1 to N, e.g. 3/8")
    return int(found[1]), int(found[2])
