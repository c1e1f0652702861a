"""The label of a run, and the folders that it may be written to."""

import os
import unicodedata
from pathlib import Path

from fsbench.core.errors import UsageError
from fsbench.io.archive import bare_name

# Control characters, ends of lines, and surrogates that stand for bytes that are no text.
_UNFIT = ("Cc", "Cs", "Zl", "Zp")


def method_label(method: str | None, pred: str | os.PathLike[str]) -> str:
    """The label that `--method` gives, else the name of the folder of predictions with unprintable characters replaced.

    Raises
    ------
    UsageError
        If the given label is blank, or not on one line.
    """
    if method is not None:
        if not method.strip() or any(map(_is_unfit, method)):
            raise UsageError(f"--method {method!r}: expected a name on one line, of characters that can be printed")
        return method.strip()
    name = "".join("\N{REPLACEMENT CHARACTER}" if _is_unfit(character) else character for character in bare_name(pred))
    return name.strip() or "unnamed"


def refuse_inside_predictions(out: str | os.PathLike[str], pred: str | os.PathLike[str]) -> None:
    """Refuse to write a run among the predictions, where its files would be taken for predictions.

    Raises
    ------
    UsageError
        If `out` is `pred` or lies in it.
    """
    run, predictions = Path(out).resolve(), Path(pred).resolve()
    if predictions in (run, *run.parents):
        raise UsageError(f"--out {out} lies in --pred {pred}: a run needs a folder of its own, outside the predictions")


def _is_unfit(character: str) -> bool:
    return unicodedata.category(character) in _UNFIT
