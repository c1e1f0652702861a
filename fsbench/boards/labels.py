"""Labels on a board: each can be told from every other one by eye."""

import re
import unicodedata
from collections.abc import Iterable

from fsbench.report.selection import clean_label
from fsbench.runs.cells import to_cell

_LOOKS = str.maketrans(
    {
        # Cyrillic, Greek, Armenian and small Latin letters that look like others; Unicode's confusables.txt (UTS 39).
        **dict(zip("АВЕЅІЈКМНОРСТУХҮԌԚԜѴЗ", "ABESIJKMHOPCTYXYGQWV3", strict=True)),
        **dict(zip("аесԁһіјӏорԛѕԝхуѵгпгкмнтв", "aecdhijlopqswxyvrnrkmhtb", strict=True)),
        **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX", strict=True)),
        **dict(zip("αγικνορτυχω", "ayikvoptuxw", strict=True)),
        **dict(zip("ՕՍօսոհցզ", "OUounhgq", strict=True)),
        **dict(zip("ɑɡɩɪʏᴀʙᴄᴅᴇɢʜᴊᴋʟᴍɴᴏᴘꜱᴛᴜᴠᴡᴢı", "agiiyabcdeghjklmnopstuvwzi", strict=True)),
        **dict.fromkeys("‐‑‒–—―−⁃_ ", "-"),
    }
)
_ALIKE = str.maketrans("01i|!", "ollll")


def skeleton(label: str) -> str:
    """The label with all characters that look alike made the same.

    Examples
    --------
    >>> skeleton("DECA") == skeleton("DЕСА"), skeleton("PRNet") == skeleton("prnet"), skeleton("V2") == skeleton("V21")
    (True, True, False)
    """
    plain = unicodedata.normalize("NFKD", label).translate(_LOOKS)
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", plain.casefold()) if letter.isprintable())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter)).translate(_LOOKS)
    return re.sub(r"-+", "-", plain.translate(_ALIKE).replace("rn", "m").replace("vv", "w")).strip("-")


def unfit(label: str) -> str:
    """Why no board can have this label, whatever its other labels; empty if one can."""
    if label != clean_label(label) or label != unicodedata.normalize("NFC", label):
        return "expected one line of at most 60 plain characters"
    if to_cell(label) != label:
        return "a spreadsheet would take it for a formula"
    return ""


def like(label: str, others: Iterable[str]) -> str | None:
    """The label among others that this one could be taken for, though it is not it."""
    return next((one for one in others if one != label and skeleton(one) == skeleton(label)), None)
