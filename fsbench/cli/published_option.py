"""The option --with-published, and the rows that it names."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from fsbench.boards.published import PublishedRows
    from fsbench.runs import Run

with_published = click.option(
    "--with-published",
    "published",
    is_flag=False,
    flag_value="",
    metavar="[NAMES]",
    help="Published methods beside the runs: all, or NAMES with commas between. Give it after the runs.",
)


def published_rows(runs: "Sequence[Run]", names: str | None) -> "PublishedRows | None":
    """None where the option was not given."""
    if names is None:
        return None
    from fsbench.boards.published import published_for
    from fsbench.core import resources

    return published_for(runs, names, resources.folder("leaderboards"))
