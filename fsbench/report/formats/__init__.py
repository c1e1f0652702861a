"""The ways to write a table down: each a function from tables to text."""

from collections.abc import Callable, Sequence
from types import MappingProxyType

from fsbench.core.choices import TABLE_FORMATS
from fsbench.report.formats import delimited, html, latex, markdown, structured, text
from fsbench.report.model import Table

Writer = Callable[[Sequence[Table]], str]

_WRITERS: dict[str, Writer] = {
    "text": text.write,
    "csv": delimited.write,
    "markdown": markdown.write,
    "latex": latex.write,
    "json": structured.write,
    "html": html.write,
}
FORMATS = MappingProxyType({name: _WRITERS[name] for name in TABLE_FORMATS})
"""Name on the command line to writer; all end with a newline."""

write_tidy = delimited.write_tidy

__all__ = ["FORMATS", "Writer", "write_tidy"]
