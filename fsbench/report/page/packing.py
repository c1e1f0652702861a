"""Numbers as bytes inside a page, not as text."""

import base64
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

_TYPES = {"<f8": "Float64Array", "<f4": "Float32Array", "<u2": "Uint16Array", "<i2": "Int16Array", "|u1": "Uint8Array"}


def packed(values: npt.ArrayLike, kind: str = "<f8") -> dict[str, Any]:
    """An array as the page's `unpack` reads it: name of the typed array, shape, and deflated bytes in base64.

    Examples
    --------
    >>> found = packed([[1, 2, 3]], "|u1")
    >>> found["type"], found["shape"], list(zlib.decompress(base64.b64decode(found["data"])))
    ('Uint8Array', [1, 3], [1, 2, 3])
    """
    array = np.ascontiguousarray(values, dtype=kind)
    data = base64.b64encode(zlib.compress(array.tobytes(), 9)).decode("ascii")
    return {"type": _TYPES[kind], "shape": list(array.shape), "data": data}
