"""FaceScape's twenty expressions, and their names in files."""

import re

EXPRESSIONS = (
    "neutral smile mouth_stretch anger jaw_left jaw_right jaw_forward mouth_left mouth_right dimpler chin_raiser "
    "lip_puckerer lip_funneler sadness lip_roll grin cheek_blowing eye_closed brow_raiser brow_lower"
).split()
"""Names of FaceScape's expressions 1 to 20."""

_STEM = re.compile(r"(\d{1,3})_([\w-]{1,60})", re.ASCII)


def expression_of(stem: str) -> tuple[int, str] | None:
    """Number and name of an expression by its file's name without ending; None if it is no such name.

    Examples
    --------
    >>> expression_of("3_mouth_stretch"), expression_of("smile")
    ((3, 'mouth_stretch'), None)
    """
    parts = _STEM.fullmatch(stem)
    return (int(parts[1]), parts[2]) if parts else None


def stem_of(k: int) -> str:
    """`<k>_<name>` of an expression; the number alone where FaceScape has no such one.

    Examples
    --------
    >>> stem_of(20), stem_of(0)
    ('20_brow_lower', '0')
    """
    return f"{k}_{EXPRESSIONS[k - 1]}" if 1 <= k <= len(EXPRESSIONS) else str(k)


def plain_stem(stem: str) -> str | None:
    """`<k>_<name>` as FaceScape spells it; None if it is no such name.

    Examples
    --------
    >>> plain_stem("03_Mouth-Stretch")
    '3_mouth_stretch'
    """
    parts = expression_of(stem)
    return f"{parts[0]}_{parts[1].lower().replace('-', '_')}" if parts else None


def plain_subject(name: str) -> str:
    """A subject without the zeros before its number.

    Examples
    --------
    >>> plain_subject("007"), plain_subject("anna")
    ('7', 'anna')
    """
    return str(int(name)) if _is_number(name) else name


def by_number(name: str) -> tuple[int, str]:
    """Key to sort subjects and expressions by their numbers; those without one come last.

    Examples
    --------
    >>> sorted(["10_dimpler", "anna", "2_smile"], key=by_number)
    ['2_smile', '10_dimpler', 'anna']
    """
    number = name.partition("_")[0]
    return (int(number) if _is_number(number) else 1 << 62, name)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10
