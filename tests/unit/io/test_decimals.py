"""Numbers out of text, against Python's own `int` and `float`."""

import numpy as np
import pytest

from fsbench.io.decimals import BadNumberError, parse_floats, parse_integers, parse_triples
from fsbench.io.lines import PAD, even_lines, line_heads, padded, words_after, words_of

LAST_BITS = 1e-15
"""Relative. Beyond 15 digits, numerator and denominator are rounded before they are divided."""

FLOATS = (
    "0 -0 1 -1 +1 1. .5 -.5 +.25 0.1 126.882067 -1224.775733 12345678.5 99999999 0.00000001 1e5 1E-5 -1.5e+02 1.25e-10 "
    "2.5e22 1e23 1e-30 1e100 1.7976931348623157e308 4.9e-324 123456789.5 123456789012345678 0.1234567890123456 "
    "126.33415652322647 0.12345678901234567890 -3.0303030303030303e-05 000001.5 1e0005 5e3 nan -inf Infinity"
).split()


def positions(text: str):
    buffer = padded(text.encode())
    return buffer, *words_of(buffer, PAD, len(buffer))


def test_floats_are_those_of_python():
    buffer, starts, ends = positions(" ".join(FLOATS))
    expected = np.array([float(text) for text in FLOATS])
    np.testing.assert_allclose(parse_floats(buffer, starts, ends), expected, rtol=LAST_BITS, atol=0)


@pytest.mark.parametrize("form", ["%.4f", "%.6f", "%.8f", "%g", "%.6e", "%d", "%.12f"])
def test_random_floats_up_to_15_digits_are_exact(form: str):
    rng = np.random.default_rng(1)
    values = rng.normal(size=500) * 10.0 ** rng.integers(-3, 3, 500)
    words = [form % value for value in values]
    buffer, starts, ends = positions("\n".join(words))
    found = parse_floats(buffer, starts, ends)
    expected = np.array([float(word) for word in words])
    if form in ("%.6e", "%g"):
        # A power of ten below 1 is no binary number: one rounding more.
        np.testing.assert_allclose(found, expected, rtol=LAST_BITS, atol=0)
    else:
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    "text", ["x", "1,5", "1_0", "--1", "1.2.3", "1e", "e5", "0x10", "1e+-05", ".", "-", "1-2", "12:4567", "1" * 500]
)
def test_what_is_no_float_is_refused_with_its_place(text: str):
    buffer, starts, ends = positions(f"1.5 {text} 2.5")
    with pytest.raises(BadNumberError) as caught:
        parse_floats(buffer, starts, ends)
    assert caught.value.position == PAD + 4


@pytest.mark.parametrize("text", ["- 1.5", "+", ". 1", "-. 2"])
def test_a_sign_or_dot_alone_is_refused_also_where_it_comes_first(text: str):
    with pytest.raises(BadNumberError, match="expected a number"):
        parse_floats(*positions(text))


def test_integers_are_those_of_python():
    words = "0 1 9 10 99999999 100000000 -1 -99999999 -123456789 +7 000000000012 123456789012345678".split()
    buffer, starts, ends = positions(" ".join(words))
    assert parse_integers(buffer, starts, ends).tolist() == [int(word) for word in words]


@pytest.mark.parametrize("text", ["1.5", "x", "1e3", "-", "1/2", "9" * 19, "1_000"])
def test_what_is_no_integer_is_refused(text: str):
    with pytest.raises(BadNumberError, match="whole number"):
        parse_integers(*positions(text))


def test_every_single_wrong_byte_in_a_number_is_noticed():
    for byte in set(range(33, 256)) - set(b"0123456789"):
        buffer = padded(b"12" + bytes([byte]) + b"45")
        starts, ends = words_of(buffer, PAD, len(buffer))
        with pytest.raises(BadNumberError):
            parse_integers(buffer, starts, ends)


def test_words_and_lines():
    text = padded(b"a bb\t c\r\n\n  d\n")
    starts, ends = words_of(text, PAD, len(text))
    words = [text[s:e].tobytes() for s, e in zip(starts, ends, strict=True)]
    assert words == [b"a", b"bb", b"c", b"d"]
    assert line_heads(text, PAD, len(text), starts).tolist() == [0, 3]
    assert words_after(np.array([0, 3]), np.array([2, 0])).tolist() == [1, 2]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"a b\nc d\n", 2),
        (b"a b\nc\n", 0),
        (b"a b\nc d e\nf g h\n", 0),
        (b"a  b\nc d\n", 0),
        (b"a b\r\nc d\r\n", 0),
        (b"a\n", 1),
    ],
)
def test_even_lines_are_told_from_uneven_ones(text: bytes, expected: int):
    buffer = np.frombuffer(b"\n" * PAD + text, np.uint8)
    assert even_lines(buffer, *words_of(buffer, PAD, len(buffer))) == expected


def test_plain_vertex_lines_are_read_as_their_words_are():
    rng = np.random.default_rng(2)
    numbers = rng.normal(size=(300, 3)) * 10.0 ** rng.integers(-6, 4, (300, 3))
    forms = ["%.4f", "%.6f", "%.9f", "%d"]
    lines = [f"v {forms[i % 4]} {forms[i % 3]} %.10f" % tuple(row) for i, row in enumerate(numbers)]
    buffer = padded(
        "\n".join(["v -0 .5 1.", "v 99999999999999999 0.1234567890123456 00000000000000001", *lines]).encode()
    )
    starts, ends = words_of(buffer, PAD, len(buffer))
    words = (starts.reshape(-1, 4)[:, 1:].ravel(), ends.reshape(-1, 4)[:, 1:].ravel())
    found = parse_triples(buffer, ord("v"), PAD, len(buffer))
    assert found is not None
    assert found.tobytes() == parse_floats(buffer, *words).tobytes()


@pytest.mark.parametrize(
    "line",
    ["v", "v ", "v 1", "v 1 2", "v 1 2 ", "v 1 2 3 4", "v 1 2 3 ", "v  1 2 3", "v 1 2 3\r", "v 1 2 1e3", "v 1 2 +3"]
    + ["v 1 2 -", "v 1 2 .", "v 1 2 3.4.5", "v 1 2 123456789012345678", "f 1 2 3", "vn 1 2 3", "", "v 1 2 nan"],
)
@pytest.mark.parametrize("n_before", [0, 1, 2, 64])
def test_other_vertex_lines_are_not_plain(line: str, n_before: int):
    buffer = padded("\n".join([*["v 1 2 3"] * n_before, line]).encode())
    assert parse_triples(buffer, ord("v"), PAD, len(buffer)) is None
