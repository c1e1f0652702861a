"""Text from outside made safe to print: control and invisible characters are written as escapes."""

_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Characters that Unicode calls printable although they are invisible."""


def visible(text: object, keep: str = "") -> str:
    r"""The text with an escape for each character that is not plainly visible.

    These are control characters (C0 and C1), ends of lines, marks that reverse the direction of writing, joiners and
    blanks of other widths, halves of surrogate pairs, and stand-ins for bytes that are no text. Every name from a file,
    an archive or a table passes through here before it is printed.

    Parameters
    ----------
    text : object
        Text, or an object that `str` converts.
    keep : str
        Characters that stay, such as the ends of lines of our own sentences.

    Examples
    --------
    >>> print(visible("a\x1b[2Jb\u202ec\x9b"), visible("Müller 3DDFA_V2"))
    a\x1b[2Jb\u202ec\x9b Müller 3DDFA_V2
    """
    plain = str(text)
    if plain.isascii() and plain.isprintable():
        return plain
    return "".join(letter if letter in keep or _is_seen(letter) else _escape(letter) for letter in plain)


def _escape(letter: str) -> str:
    # Python keeps a byte of a file's name that is no UTF-8 as half of a surrogate pair.
    return f"\\x{ord(letter) - 0xDC00:02x}" if "\udc80" <= letter <= "\udcff" else ascii(letter)[1:-1]


def _is_seen(letter: str) -> bool:
    return letter.isprintable() and letter not in _UNSEEN and not "\ufe00" <= letter <= "\ufe0f"
