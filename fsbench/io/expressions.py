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
