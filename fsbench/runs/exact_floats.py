"""Read tables with the floats that were written, to the last digit."""

from typing import Any


def exact_floats() -> dict[str, Any]:
    """Options of `pandas.read_csv`: exact is the default from pandas 3.1 on, which deprecates the option."""
    import pandas as pd

    major, minor = (int(part) for part in pd.__version__.split(".")[:2])
    return {} if (major, minor) >= (3, 1) else {"float_precision": "round_trip"}
