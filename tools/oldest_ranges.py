"""Print the dependencies of setup.cfg at the oldest version of each range, for `make lock-oldest`."""

import re
from configparser import ConfigParser

# They read the code and run none of it, and follow the newest libraries alone.
CHECKERS = {"mypy", "pandas-stubs", "ruff", "scipy-stubs"}


def oldest(requirements: str) -> list[str]:
    """One line a requirement: `click>=8.1` is `click==8.1`; one without a lower end stays as it is."""
    lines = [line.strip() for line in requirements.splitlines() if line.strip()]
    return [line.replace(">=", "==", 1) for line in lines if re.split("[>=; ]", line)[0] not in CHECKERS]


ranges = ConfigParser()
ranges.read("setup.cfg", "utf-8")
print("\n".join(oldest(ranges["options"]["install_requires"]) + oldest(ranges["options.extras_require"]["dev"])))
