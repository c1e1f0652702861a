"""Print the packages of this environment as pins, for a lock file: `write_lock.py TARGET`, see `make lock`."""

import sys
from importlib.metadata import distributions

LOCAL = {"fsbench", "pip", "wheel"}
X86_LINUX = 'sys_platform == "linux" and platform_machine == "x86_64"'


def pins() -> list[str]:
    """One line a distribution, sorted; open3d goes by another name off Linux x86-64."""
    lines = []
    for found in distributions():
        name, version = found.metadata["Name"].lower(), found.version
        if name == "open3d-cpu":
            lines.append(f"open3d-cpu=={version}; {X86_LINUX}")
            lines.append(f'open3d=={version}; sys_platform != "linux" or platform_machine != "x86_64"')
        elif name not in LOCAL:
            lines.append(f"{name}=={version}")
    return sorted(set(lines))


print(f"# Written by `make {sys.argv[1]}` on Linux x86-64, Python 3.11. The ranges are in setup.cfg.")
print("\n".join(pins()))
