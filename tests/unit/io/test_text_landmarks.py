"""JSON, matrices and landmarks as text."""

from pathlib import Path

import numpy as np
import pytest

from fsbench.core.errors import FormatError, MissingError
from fsbench.io.landmarks import read_landmarks
from fsbench.io.text import read_json, read_numbers, read_text

POINTS = [[1.0, 2.0, 3.0], [-4.5, 5.0, 6.0]]
PICKED = """<!DOCTYPE PickedPoints>
<PickedPoints>
 <DocumentData><DateTime time="1:2:3" date="2020-01-01"/></DocumentData>
 <point x="1" y="2" z="3" active="1" name="0"/>
 <point name="eye &lt;left&gt;" z="6" y="5" x="-4.5"/>
</PickedPoints>
"""


@pytest.fixture
def write(tmp_path: Path):
    def write_file(name: str, data: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    return write_file


def test_json(write):
    text = '\ufeff{"000": [[241, 220, 3], 15, -1.5e2], "deep": {"\\u00e9 ]{": [true, null, "x"]}}'
    assert read_json(write("a.json", text)) == {
        "000": [[241, 220, 3], 15, -150.0],
        "deep": {"\u00e9 ]{": [True, None, "x"]},
    }


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", r"is empty \(0 bytes\)"),
        (b" ", "not readable as JSON"),
        (b'{"a": 1, "b": 2, "a": 3}', "the key 'a' occurs twice"),
        (b'[{"x": {"a": 1, "a": 1}}]', "the key 'a' occurs twice"),
        (b"[NaN]", "found NaN"),
        (b"[-Infinity]", "found -Infinity"),
        (b"[1e999]", "too large"),
        (b"[" * 33 + b"]" * 33, "nested 33 deep"),
        (b"[" * 1_000_000, "nested 1000000 deep"),
        (b'{"a":' * 1000, "nested 1000 deep"),
        (b"1" * 5000, "not readable as JSON"),
        (b'["\xff"]', "not UTF-8"),
        (b'["a', "not readable as JSON"),
        (b'"' + b'\\"' * 200_000, "not readable as JSON"),
        (b"[1] x", "not readable as JSON"),
    ],
)
def test_bad_json_is_refused(write, data: bytes, reason: str):
    path = write("a.json", data)
    with pytest.raises(FormatError, match=reason) as caught:
        read_json(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_brackets_in_strings_are_not_depth(write):
    assert read_json(write("a.json", '["' + "[" * 100 + '"]')) == ["[" * 100]


def test_sizes_are_bounded(write):
    with pytest.raises(FormatError, match="at most 3 are read"):
        read_json(write("a.json", "[1,2]"), max_bytes=3)
    with pytest.raises(FormatError, match="not UTF-8"):
        read_text(write("b.txt", b"\xff\xfe\x00"))


@pytest.mark.parametrize("text", ["1 2 3\n-4.5 5 6\n", "1,2,3\r\n-4.5,5,6", "# head\n\n 1;2;\t3 # x\n\n-45e-1 5. 6\n"])
def test_numbers(write, text: str):
    assert read_numbers(write("a.txt", text)).tolist() == POINTS


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", r"is empty \(0 bytes\)"),
        ("\n", "no numbers"),
        ("1 0\n0 1.#INF\n", "line 2: found '1.#INF'"),
        ("1 0\n0 -1.#IND00 1\n", "line 2"),
        ("1,0 0,0\n0,0 1,5\n", "line 1.*the comma in 1,0 a decimal comma. write 1.0"),
        ("1;0\n0;1,5\n", "line 2.*the comma in 1,5 a decimal comma"),
        ("1 2\n3\n", "line 2 has 1 numbers, the first has 2"),
        ("1 2\n3 x\n", "line 2: found 'x'"),
        ("1 2\r3 x\r", "line 2: found 'x'"),
    ],
)
def test_bad_numbers_are_refused(write, text: str, reason: str):
    with pytest.raises(FormatError, match=reason):
        read_numbers(write("a.txt", text))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "x,y,z\n1,2,3\n-4.5,5,6\n"),
        ("a.csv", "1,2,3\n-4.5,5,6\n"),
        ("a.csv", '"Index","Y","X","Z"\n0,2,1,3\n1,5,-4.5,6\n'),
        ("a.TXT", "1 2 3\n-4.5 5 6"),
        ("a.csv", ",x,y,z\n0,1.0,2.0,3.0\n1,-4.5,5.0,6.0\n"),
        ("a.csv", '"","x","y","z"\n"1",1,2,3\n"2",-4.5,5,6\n'),
        ("a.txt", '"x" "y" "z"\n"right eye" 1 2 3\n"left eye" -4.5 5 6\n'),
        ("a.csv", "landmark;x;y;z\nright eye, outer;1;2;3\nnose;-4.5;5;6\n"),
        ("a.csv", "X (mm),Y (mm),Z (mm)\n1,2,3\n-4.5,5,6\n"),
        ("a.txt", "X (mm) Y (mm) Z (mm)\n1 2 3\n-4.5 5 6\n"),
        ("a.csv", "name,x_mm,y_mm,z_mm,seen\na,1,2,3,yes\nb,-4.5,5,6,\n"),
        ("a.csv", "X..mm.,Y..mm.,Z..mm.\r1,2,3\r-4.5,5,6\r"),
        ("a.csv", '"1","2","3"\n"-4.5","5","6"\n'),
        ("a.csv", "nose,1,2,3\nchin,-4.5,5,6\n"),
        ("a.csv", "1,2,3,\n-4.5,5,6,\n"),
        ("a.csv", "1, 2,\t3\n\n-4.5,\t5, 6 # the chin\n"),
        ("a.csv", "x,y,z\n1,2,3\n\t\n-4.5,5,6\n\x0b"),
        ("a.txt", "1 2 3\n\t \n-4.5 5 6\n\x0c\n"),
        ("a.tsv", "# seen\nx\ty\tz\n1\t2\t3\n-4.5\t5\t6\n"),
        ("a.json", "[[1, 2, 3], [-4.5, 5, 6]]"),
        ("a.ljson", '{"groups": {"LJSON": {"labels": [], "landmarks": {"points": [[1, 2, 3], [-4.5, 5, 6]]}}}}'),
        ("a.ljson", '{"version": 2, "landmarks": {"points": [[1, 2, 3], [-4.5, 5, 6]]}}'),
        ("a.json", '[{"z": 3, "x": 1, "y": 2}, {"x": -4.5, "y": 5, "z": 6, "name": "eye"}]'),
        ("a.lnd", "1 1 2 3\n2 -4.5 5 6\n\n"),
        ("a.pp", PICKED),
        (
            "a.pp",
            PICKED.replace("\n", "").replace("<!DOCTYPE PickedPoints>", '<?xml version="1.0" encoding="cp1252"?>'),
        ),
    ],
)
def test_landmarks(write, name: str, text: str):
    assert read_landmarks(write(name, text)).tolist() == POINTS


@pytest.mark.parametrize("array", [np.array(POINTS), np.array(POINTS)[None]])
def test_landmarks_in_arrays(tmp_path: Path, array: np.ndarray):
    np.save(tmp_path / "a.npy", array)
    assert read_landmarks(tmp_path / "a.npy").tolist() == POINTS


BOMB = '<!DOCTYPE p [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><p>&b;</p>'


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("a.xyz", "1 2 3", "not from '.xyz'"),
        ("a.csv", "a,b,c\n1,2,3\n", "does not name the columns x, y, z"),
        ("a.csv", "x,y,z\n1,2,3,4\n", "3 names in the first line and 4 numbers"),
        ("a.csv", "1,2\n3,4\n", "expected a row x, y, z"),
        ("a.csv", "1,2,nan\n", "landmark 1 is not finite"),
        ("a.csv", "", r"is empty \(0 bytes\)"),
        ("a.csv", "\n \n", "no numbers"),
        ("a.csv", "x,y,z\n", "no numbers below the heading"),
        ("a.csv", "1,2,3\n" * 100_001, "has 100,001 lines, at most 100,000 landmarks"),
        ("a.csv", "x,y,z,x\n1,2,3,4\n", "does not name the columns x, y, z, each once"),
        ("a.csv", "x (mm),y (cm),z (mm)\n1,2,3\n", "line 1: .* different units"),
        ("a.csv", "# seen\n\nx,y,z\n1,2,3\n4,five,6\n", "line 5: found 'five', expected a number"),
        ("a.csv", "x,y,z\n1,2,3\n,,\n4,5,6\n", "line 3: landmark 2 is empty"),
        ("a.csv", "1,2,3\n4,,6\n", "line 2: landmark 2 is empty"),
        ("a.csv", '"","x","y","z"\n"1",1,2,3\n"2",NA,NA,NA\n', "line 3: landmark 2 is empty"),
        ("a.tsv", "1\t2\t3\n\t\t\n4\t5\t6\n", "line 2: landmark 2 is empty"),
        ("a.csv", "x,y,z\n1,2,3\n4,5\n", "line 3: landmark 2 is empty"),
        ("a.csv", "1,2,3\n4,5,6,7\n", "line 2 has 4 numbers, line 1 has 3"),
        ("a.csv", "0,1,2,3\n1,-4.5,5,6\n", "4 numbers a line, expected a row x, y, z"),
        ("a.txt", "1 2 -1.#IND00\n", "line 1: found '-1.#IND00', expected a number"),
        ("a.txt", "1,5 2,5 3,5\n", "line 1: .*the comma in 1,5 a decimal comma"),
        ("a.txt", "1 2 3\n1 2,5 3\n", "line 2: .*the comma in 2,5 a decimal comma"),
        ("a.pp", PICKED.replace('x="1"', 'x="1,5"'), "the comma in 1,5 a decimal comma"),
        ("a.csv", "1,5;2,5;-3,5\n4,5;5,5;6,5\n", r"line 1.*comma in 1,5 a decimal comma.*write 1\.5"),
        ("a.csv", "x;y;z\r\n1,5;2;3\r\n4,5;5,5;6\r\n", "the comma in 1,5 a decimal comma"),
        ("a.tsv", "x\ty\tz\n1\t-2,25\t3\n", "the comma in -2,25 a decimal comma"),
        ("a.json", "[]", "expected a row x, y, z"),
        ("a.ljson", "[]", "expected the key 'landmarks'"),
        ("a.ljson", '{"groups": {"a": {}, "b": {}}}', "2 groups"),
        ("a.ljson", '{"landmarks": {"points": 7}}', "is not a list"),
        ("a.ljson", '{"landmarks": {"points": [[1, 2, null]]}}', "landmark 1 is not"),
        ("a.json", '{"a": 1}', "expected a list"),
        ("a.json", "[[1, 2, 3], [1, 2, true]]", "landmark 2 is not"),
        ("a.json", f"[[1, 2, 1{'0' * 400}]]", "too large for double precision"),
        ("a.lnd", "1 2 3\n4 5 6\n", "3 numbers a line, expected four"),
        ("a.lnd", "1 1 2 3\n3 4 5 6\n", "landmark 2 is numbered 3"),
        ("a.lnd", "1 1 2 nan\n", "landmark 1 is not finite"),
        ("a.lnd", "nan 1 2 3\n", "landmark 1 is numbered nan"),
        ("a.pp", PICKED.replace('x="1"', 'x="one"'), "point 1 has no numbers"),
        ("a.pp", PICKED.replace('x="1"', ""), "point 1 has no numbers"),
        ("a.pp", PICKED.replace("/>\n</P", ' active="0"/>\n</P'), r"point 2 \(eye <left>\) was never picked"),
        ("a.pp", PICKED[:-20], "not readable as XML"),
        ("a.pp", "<p/>", "expected a row x, y, z"),
        ("a.pp", "<p>" * 40 + "</p>" * 40, "nested deeper than 32"),
        ("a.pp", BOMB, "declares the entity 'a'"),
        ("a.pp", '<!DOCTYPE p [<!ENTITY a SYSTEM "file:///etc/passwd">]><p>&a;</p>', "declares the entity 'a'"),
    ],
)
def test_bad_landmarks_are_refused(write, name: str, text: str, reason: str):
    path = write(name, text)
    with pytest.raises(FormatError, match=reason) as caught:
        read_landmarks(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_missing_landmarks_are_missing(tmp_path: Path):
    with pytest.raises(MissingError):
        read_landmarks(tmp_path / "a.csv")


def test_landmarks_of_real_subjects(shared: Path):
    for path in (shared / "data" / "m3dfb" / "ground_truth").glob("*_landmarks51.csv"):
        assert read_landmarks(path).shape == (51, 3)


@pytest.mark.parametrize(
    ("text", "what"),
    [(b'"' * 2_000_001, "quotes"), (b"[" + b"1," * 4_000_000 + b"1]", "values"), (b"[" * 4_000_001, "values")],
    ids=["quotes", "numbers", "brackets"],
)
def test_json_of_a_great_many_pieces_is_refused_before_it_is_parsed(
    tmp_path: Path, text: bytes, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the parser nor what counts brackets sees it: both take many times its size."""
    path = tmp_path / "a.json"
    path.write_bytes(text)
    monkeypatch.setattr("fsbench.io.text._depth", None)
    with pytest.raises(FormatError, match=rf"a\.json: the JSON has .* {what}, at most"):
        read_json(path)
