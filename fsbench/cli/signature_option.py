"""The option `--signature` of the commands that say how a run was measured."""

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import click

from fsbench.core.choices import WHOLE_SIGNATURES

if TYPE_CHECKING:
    from fsbench.report.model import Table
    from fsbench.stats import Comparison
    from fsbench.stats.worst import Worst

_Signed = TypeVar("_Signed", "Table", "Comparison", "Worst")

signature_option = click.option(
    "--signature",
    "whole_signature",
    is_flag=True,
    help="Print the whole signature, not its digest; csv, json, latex and files of figures have the whole.",
)


def signed(found: _Signed, format_: str, whole_signature: bool) -> _Signed:
    """`found`, with the digest for its signature in the formats that people read."""
    from fsbench.core.signatures import shortened

    if whole_signature or format_ in WHOLE_SIGNATURES:
        return found
    return replace(found, signature=shortened(found.signature))
