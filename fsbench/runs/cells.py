"""Cells of our CSV files, written so that a spreadsheet takes no text for a formula."""

import re

_FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
_QUOTED = re.compile(rf"'(?={_FORMULA.pattern})")


def to_cell(text: str) -> str:
    """Put an apostrophe before a text that would begin a formula, as spreadsheets do; numbers stay as they are.

    Examples
    --------
    >>> to_cell("=1+1"), to_cell("-30"), to_cell("DECA")
    ("'=1+1", '-30', 'DECA')
    """
    if not _FORMULA.match(text):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text


def from_cell(text: str) -> str:
    """The text that `to_cell` was given.

    Examples
    --------
    >>> from_cell(to_cell("=1+1")), from_cell(to_cell("'=1+1")), from_cell("'t Hooft")
    ('=1+1', "'=1+1", "'t Hooft")
    """
    return _QUOTED.sub("", text, count=1) if text.startswith("'") else text
