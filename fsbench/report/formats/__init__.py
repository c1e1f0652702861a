"""The ways to write a table down: each a function from tables to text."""

from collections.abc import Callable, Sequence
from types import MappingProxyType

from fsbench.report.formats import delimited, html, latex, markdown, structured, text
from fsbench.report.model import Table

Writer = Callable[[Sequence[Table]], str]

FORMATS: MappingProxyType[str, Writer] = MappingProxyType(
    {
        "text": text.write,
        "csv": delimited.write,
        "markdown": markdown.write,
        "latex": latex.write,
        "json": structured.write,
        "html": html.write,
    }
)
"""Name on the command line to writer; all end with a newline."""

write_tidy = delimited.write_tidy

__all__ = ["FORMATS", "Writer", "write_tidy"]
