"""Pickles that want to run something or to fill the memory: refused by name, nothing runs."""

import builtins
import os
import pickle
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from fsbench.core.errors import FormatError
from fsbench.io.npy import read_parameters

MAX_PEAK_BYTES = 200 << 20
"""Far below the gigabyte that the worst of these would take."""


@pytest.fixture
def refuse(tmp_path: Path):
    def refuse_pickle(data: bytes, reason: str) -> None:
        path = tmp_path / "000_tform.npy"
        header = b"{'descr': '|O', 'fortran_order': False, 'shape': (), }\n"
        path.write_bytes(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + data)
        tracemalloc.start()
        try:
            with pytest.raises(FormatError, match=reason) as caught:
                read_parameters(path)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert str(caught.value).startswith(f"{path}: ")
        assert peak < MAX_PEAK_BYTES

    return refuse_pickle


class Calls:
    """An object that asks the reader to call something."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.how = (function, arguments)

    def __reduce__(self) -> tuple[object, ...]:
        return self.how


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    ("function", "argument", "name"),
    [
        (os.system, "touch {}", "posix.system|nt.system|os.system"),
        (builtins.eval, "open('{}', 'w')", "eval"),
        (builtins.exec, "open('{}', 'w')", "exec"),
        (subprocess.Popen, "touch {}", "Popen"),
        (np.load, "{}", "load"),
        (np.fromfile, "{}", "fromfile|multiarray"),
        (builtins.getattr, "x", "getattr"),
    ],
)
def test_calls_are_refused_by_name(refuse, tmp_path: Path, protocol: int, function, argument: str, name: str):
    mark = tmp_path / "was_here"
    for wrapped in (Calls(function, argument.format(mark)), {"cam": [Calls(function, argument.format(mark))]}):
        refuse(pickle.dumps(wrapped, protocol), f"names .*({name}).*refused|instruction UNICODE")
    assert not mark.exists()


def glob(module: str, name: str) -> bytes:
    return f"c{module}\n{name}\n".encode()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (glob("numpy.core.multiarray", "fromfile"), "names numpy.core.multiarray.fromfile"),
        (glob("numpy", "ndarray.__class__"), "names numpy.ndarray.__class__"),
        (glob("numpy", "memmap"), "names numpy.memmap"),
        (glob("numpy.core.multiarray", "_reconstruct.__globals__"), "names"),
        (b"\x8c\x05numpy\x8c\x0fdtype.__class__\x93", "names numpy.dtype.__class__"),
        (b"K\x01K\x02\x93", "names 1.2"),
        (glob("skimage.transform", "warp"), "names skimage.transform.warp"),
        (glob("skimage.transform._geometric", "os"), "names"),
        (glob("builtins", "bytes"), "names builtins.bytes"),
        (b"c\\q\\x6es\nsystem\n", "names .*system"),
        (b"cos\nsystem", "a name does not end"),
        (b"\x82\x01", "instruction EXT1"),
        (b"Pid\n", "instruction PERSID"),
        (b"K\x01Q", "instruction BINPERSID"),
        (b"(ios\nsystem\n", "instruction INST"),
        (b"(" + glob("os", "system") + b"o", "names os.system"),
        (b"(K\x01o", "instruction OBJ"),
        (b"\x97", "instruction NEXT_BUFFER"),
        (b"\x8f", "instruction EMPTY_SET"),
    ],
)
def test_names_and_instructions_outside_the_list(refuse, data: bytes, reason: str):
    refuse(b"\x80\x04" + data + b".", reason)


NDARRAY = glob("numpy", "ndarray")
DTYPE = glob("numpy", "dtype")
RECONSTRUCT = glob("numpy.core.multiarray", "_reconstruct")
ENCODE = glob("_codecs", "encode")
TRANSFORM = glob("skimage.transform._geometric", "SimilarityTransform")
F8 = DTYPE + b"X\x02\x00\x00\x00f8\x89\x88\x87R"
ARRAY = RECONSTRUCT + NDARRAY + b"K\x00\x85C\x01b\x87R"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        # A subclass, a function or a number where the array class belongs.
        (RECONSTRUCT + glob("numpy", "matrix"), "names numpy.matrix"),
        (RECONSTRUCT + TRANSFORM + b"K\x00\x85C\x01b\x87R", "calls numpy _reconstruct with arguments"),
        (RECONSTRUCT + DTYPE + b"K\x00\x85C\x01b\x87R", "calls numpy _reconstruct with arguments"),
        (NDARRAY + b"J\xff\xff\xff\x7f\x85R", "calls numpy ndarray"),
        (F8 + b")R", "calls a dtype"),
        (b"K\x05)R", "calls a int"),
        (ARRAY + b")R", "calls a array"),
        (TRANSFORM + b"K\x01\x85R", "calls skimage transform with arguments"),
        (TRANSFORM + b"]R", "arguments are no tuple"),
        # Types that hold objects, dates or records.
        (DTYPE + b"X\x02\x00\x00\x00M8\x89\x88\x87R", "calls numpy dtype with arguments"),
        (DTYPE + b"X\x05\x00\x00\x00i4,O8\x89\x88\x87R", "calls numpy dtype with arguments"),
        (DTYPE + b"X\x03\x00\x00\x00V99\x89\x88\x87R", "calls numpy dtype with arguments"),
        (DTYPE + b"](K\x01K\x02e\x85R", "calls numpy dtype with arguments"),
        (F8 + b"(K\x03X\x01\x00\x00\x00<X\x01\x00\x00\x00xNNK\x00K\x00K\x00tb", "a dtype a state that is refused"),
        # Shapes that the content does not fill.
        (ARRAY + b"(K\x01J\xff\xff\xff\x7f\x85" + F8 + b"\x89C\x00tb", "shape .2147483647,. of float64 has 0 bytes"),
        (ARRAY + b"(K\x01(" + b"J\xff\xff\xff\x7f" * 5 + b"t" + F8 + b"\x89C\x00tb", "has 0 bytes of content"),
        (ARRAY + b"(K\x01(" + b"K\x01" * 40 + b"t" + F8 + b"\x89C\x08aaaaaaaatb", "more than 32 dimensions"),
        (ARRAY + b"(K\x01J\xff\xff\xff\xff\x85" + F8 + b"\x89C\x08aaaaaaaatb", "impossible sizes"),
        (ARRAY + b"(K\x01\x88\x85" + F8 + b"\x89C\x08aaaaaaaatb", "impossible sizes"),
        (ARRAY + b"(K\x01K\x01\x85" + F8 + b"\x89K\x08tb", "content of an array is a int"),
        (ARRAY + b"(K\x01K\x01\x85K\x01\x89C\x08aaaaaaaatb", "a array a state that is refused"),
        (ARRAY, "an array without content"),
        # Attributes of a transform.
        (TRANSFORM + b")\x81}b", "no 3x3 matrix"),
        (TRANSFORM + b")\x81}X\x06\x00\x00\x00paramsK\x01sb", "no 3x3 matrix"),
        (TRANSFORM + b")\x81}X\x06\x00\x00\x00params" + TRANSFORM + b"sb", "holds skimage transform as a value"),
        (TRANSFORM + b")\x81" + glob("builtins", "dict"), "names builtins.dict"),
        (TRANSFORM + b")\x81K\x01b", "a transform a state that is refused"),
        (TRANSFORM + b")\x81}(" + b"K\x01N" * 40 + b"ub", "a state that is refused"),
        (TRANSFORM, "holds skimage transform as a value"),
        # Values that are no parameters.
        (F8, "holds a dtype as a value"),
        (b"}K\x01\x85Ns", "has a tuple as a key"),
        (b"\x8b\x40\x00\x00\x00" + b"\x7f" * 64, "holds a int as a value"),
        (ENCODE + b"X\x01\x00\x00\x00aX\x05\x00\x00\x00utf-7\x86R", "calls _codecs encode with arguments"),
        (ENCODE + b"X\x03\x00\x00\x00\xe2\x82\xacX\x06\x00\x00\x00latin1\x86R", "not latin-1"),
        # Broken programs.
        (b"", "does not|no instruction|value is missing"),
        (b"a", "value is missing"),
        (b"K\x01K\x01a", "appends to a int"),
        (b"K\x01K\x01K\x01s", "sets an item of a int"),
        (b"](K\x01u", "sets an item of a list"),
        (b"}(K\x01u", "a key has no value"),
        (b"t", "value is missing"),
        (b"h\x07", "nothing is stored at 7"),
        (b"\xff", "no instruction"),
        (b"K\x01\x85R", "value is missing"),
        (b"X\xff\xff\xff\x7fabc", "broken"),
        (b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7fabc", "broken"),
        (b"\x96\xff\xff\xff\xff\x00\x00\x00\x00abc", "broken"),
        (b"Ixyz\n", "broken"),
        (b"L" + b"9" * 5000 + b"L\n", "broken"),
        (b"S'\\q'\n", "instruction STRING"),
    ],
)  # fmt: skip
def test_attacks_on_arrays_types_and_transforms(refuse, data: bytes, reason: str):
    refuse(b"\x80\x03" + data + b".", reason)


def test_a_memo_at_the_end_of_the_world(refuse, tmp_path: Path):
    """A reader with a table for its memo would make it 2**32 entries long."""
    refuse(b"\x80\x03Nr\xff\xff\xff\xff" + glob("os", "system") + b".", "names os.system")


MEGABYTE = b"\x00\x00\x10\x00" + b"a" * (1 << 20)
LARGE_ARRAY = ARRAY + b"(K\x01J\x00\x00\x02\x00\x85" + F8 + b"\x89h\x00tb"


def nested(opening: bytes, n: int) -> bytes:
    """A value that holds itself twice, n times over: 2**n values in a few bytes each."""
    data = b"\x80\x03" + opening + b"q\x00"
    for i in range(n):
        data += b"h" + bytes([i]) + b"h" + bytes([i]) + b"\x86q" + bytes([i + 1])
    return data + b"."


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (nested(b"N", 100), "nested deeper than 20"),
        (nested(b"K\x01", 19), "over 50,000 values"),
        (b"\x80\x03]q\x00h\x00a.", "nested deeper than 20"),
        (b"\x80\x03}q\x00K\x01h\x00s.", "nested deeper than 20"),
        (b"\x80\x03" + b"]" * 40_000 + b"a" * 39_999 + b".", "nested deeper than 20"),
        (b"\x80\x03" + b"N" * 200_000 + b".", "more than 100,000 instructions"),
        (b"\x80\x03" + b"(" * 40_000 + b"t" * 40_000 + b".", "nested deeper than 20"),
        # One megabyte, named 1,000 times: as text, as bytes, as the content of arrays.
        (b"\x80\x03](X" + MEGABYTE + b"q\x00" + b"h\x00" * 1000 + b"e.", "larger than what is read"),
        (b"\x80\x03](B" + MEGABYTE + b"q\x00" + b"h\x00" * 1000 + b"e.", "larger than what is read"),
        (b"\x80\x03](B" + MEGABYTE + b"q\x00" + LARGE_ARRAY * 1000 + b"e.", "larger than what is read"),
    ],
)
def test_bombs(refuse, data: bytes, reason: str):
    refuse(data, reason)


def test_a_transform_named_often_is_paid_often(refuse):
    params = b"}X\x06\x00\x00\x00params" + ARRAY + b"(K\x01K\x03K\x03\x86" + F8 + b"\x89C\x48" + bytes(72) + b"tbsb"
    refuse(b"\x80\x03](" + TRANSFORM + b")\x81" + params + b"q\x00" + b"h\x00" * 60_000 + b"e.", "over 50,000 values")


def test_nothing_is_imported(tmp_path: Path):
    """A reader that looked a name up would import its module."""
    code = "\n".join(
        [
            "import sys",
            "from fsbench.core.errors import FormatError",
            "from fsbench.io.pickles import PickleError, parameters_from_pickle",
            "for name in (b'antigravity', b'skimage.transform._geometric', b'xmlrpc.client'):",
            "    try: parameters_from_pickle(b'c' + name + b'\\nfly\\n.', 1000)",
            "    except PickleError: pass",
            "assert not {'antigravity', 'skimage', 'xmlrpc'} & set(sys.modules)",
        ]
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)
