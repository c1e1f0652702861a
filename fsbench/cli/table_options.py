"""Options that several commands with tables share: --format, --policy, --ci."""

from collections.abc import Callable, Sequence
from typing import Any

import click

from fsbench.core.choices import POLICIES

Option = Callable[[Callable[..., Any]], Callable[..., Any]]


def format_option(formats: Sequence[str], about: str | None = None) -> Option:
    """`--format`, one of `formats`, as the argument `format_`; text by default."""
    return click.option(
        "--format", "format_", type=click.Choice(formats), default="text", show_default=True, help=about
    )


with_policy: Option = click.option(
    "--policy",
    type=click.Choice(list(POLICIES)),
    default="legacy",
    show_default=True,
    help="What a failed sample counts as; legacy leaves it out, as published.",
)
with_intervals: Option = click.option("--ci", is_flag=True, help="With 95 % intervals of the means.")
