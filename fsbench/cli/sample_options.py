"""Options of the sample benchmark, shared by all commands that write it."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--seed", default=1, show_default=True, help="Random seed of poses, people, expressions and landmark noise."
    ),
    click.option(
        "--wild", default=40, show_default=True, help="Number of in-the-wild samples, a multiple of 4 up to 400."
    ),
    click.option(
        "--subjects", default=2, show_default=True, help="Number of in-the-lab subjects with 33 images each, up to 20."
    ),
    click.option("--methods", help="Baselines, e.g. mean-face,linear-weak [all three]."),
)


def sample_options(command: F) -> F:
    """Add --seed, --wild, --subjects and --methods to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
