"""Addresses of samples inside a report that is on disk."""

import html
import json
import mmap
import re
from pathlib import Path
from urllib.parse import quote, quote_from_bytes

from fsbench.core.errors import FormatError, UsageError
from fsbench.core.visible import visible
from fsbench.io.files import open_regular
from fsbench.io.text import refuse_immoderate
from fsbench.runs import Run

_LARGEST_BYTES = 1 << 30
_CHAPTER = re.compile(rb'<article class="chapter" id="chapter-(\d{1,4})">')
_SIGNATURE = re.compile(rb"<code>([^<]{0,10000})</code>")
# No text of a run can hold these: in the page's data its quotes are escaped.
_NAMES, _END = b'"samples":{"names":', b'],"bins":'


def sample_links(page: str | Path, run: Run) -> dict[str, str]:
    """Addresses that open a sample of `run`, by its name; of the samples that the page has.

    Parameters
    ----------
    page : path
        What `fsbench report` wrote.
    run : Run

    Raises
    ------
    MissingError
        If there is no such file.
    FormatError
        If it is no report, or is damaged.
    UsageError
        If no chapter of it has runs with the signature of `run`.
    """
    file, n_bytes = open_regular(page, _LARGEST_BYTES)
    with file:
        if not n_bytes:
            raise FormatError(f"{page}: the file is empty; `fsbench report RUN... -o {page}` writes it")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            number, start = _chapter(page, content, run)
            names = _names(page, content, start)
    address = quote_from_bytes(str(page).encode("utf-8", "surrogateescape"), safe="/:")
    shown = {name: visible(name) for name in run.samples["sample"]}
    return {name: f"{address}#sample-{number}={quote(text, safe='')}" for name, text in shown.items() if text in names}


def _chapter(page: str | Path, content: mmap.mmap, run: Run) -> tuple[int, int]:
    """Number of the chapter of the run's benchmark, and where it begins."""
    wanted, found = visible(run.signature), []
    for chapter in _CHAPTER.finditer(content):
        signature = _SIGNATURE.search(content, chapter.end())
        if signature is None:
            break
        found.append(html.unescape(signature[1].decode("utf-8", "replace")))
        if found[-1] == wanted:
            return int(chapter[1]), chapter.end()
    if not found:
        raise FormatError(f"{page}: is not a page that `fsbench report` wrote")
    raise UsageError(
        f"{page}: shows no run measured as {wanted}, but runs measured as {'; '.join(map(visible, found))}: write it "
        f"anew with `fsbench report RUN... -o {page}`"
    )


def _names(page: str | Path, content: mmap.mmap, start: int) -> frozenset[str]:
    """The samples that a chapter knows."""
    first = content.find(_NAMES, start)
    last = content.find(_END, first)
    if first < 0 or last < 0:
        raise FormatError(f"{page}: is cut off; write it anew with `fsbench report`")
    data = content[first + len(_NAMES) : last + 1]
    refuse_immoderate(page, data)
    try:
        names = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{page}: its list of samples cannot be read ({error}); was it changed by hand?") from None
    return frozenset(name for name in names if isinstance(name, str)) if isinstance(names, list) else frozenset()
