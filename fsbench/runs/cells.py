"""Cells of the CSVs that we write: text that a spreadsheet would take for a formula is kept from being one."""

import re

_FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
_QUOTED = re.compile(rf"'(?={_FORMULA.pattern})")


def to_cell(text: str) -> str:
    """The text behind an apostrophe, as spreadsheets write it, if it would begin a formula; numbers are left alone.

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
    """What `to_cell` was given.

    Examples
    --------
    >>> from_cell(to_cell("=1+1")), from_cell(to_cell("'=1+1")), from_cell("'t Hooft")
    ('=1+1', "'=1+1", "'t Hooft")
    """
    return _QUOTED.sub("", text, count=1) if text.startswith("'") else text
