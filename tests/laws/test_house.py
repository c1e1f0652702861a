"""Who may import whom: the order of ARCHITECTURE, walked over every file."""

import ast
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "fsbench"
# A file imports only from rooms before its own, or from its own.
ORDER = (
    "core geometry io metrics protocols benchmarks submissions runs scoring check stats report boards build sample "
    "torch cli"
).split()
ALIASES = {"adapters", "errors", "__main__"}


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        assert not (isinstance(node, ast.ImportFrom) and node.level), f"{path}: relative import"
    return found


def _room(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "fsbench" and len(parts) > 1 else None


FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_file_imports_only_from_above(path: Path) -> None:
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if own in {"__init__", "__main__"} or own in ALIASES:
        return
    assert own in ORDER, f"{own} has no place in the order"
    rooms = {room for module in _imports(path) if (room := _room(module)) in ORDER}
    above = set(ORDER[: ORDER.index(own) + 1])
    assert rooms <= above, f"{path.name} imports from below: {sorted(rooms - above)}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_nobody_but_the_command_line_imports_it(path: Path) -> None:
    inside = path.relative_to(PACKAGE).parts[0] in ("cli", "__main__.py")
    assert inside or not {module for module in _imports(path) if _room(module) == "cli"}


def test_nobody_asks_which_protocol_it_is() -> None:
    """What the house has to know is declared: `fsbench.protocols.protocol.Protocol`."""
    folders = {path.parent.name for path in (PACKAGE / "protocols").glob("*/declaration.py")}
    assert {"facescape", "scan"} <= folders
    for path in FILES:
        room = path.relative_to(PACKAGE).parts[0]
        if room == "protocols":
            continue
        lines = path.read_text("utf-8").splitlines()
        assert not [line for line in lines if "isinstance" in line and "rotocol" in line], path
        # Looks through a camera: the depth views that `Protocol.has_depth_view` declares.
        known = {"facescape"} if room == "check" else set()
        used = {module.split(".")[2] for module in _imports(path) if module.startswith("fsbench.protocols.")}
        assert used & folders <= known, f"{path} imports from the folder of one protocol: {sorted(used & folders)}"


def test_only_the_surface_knows_open3d() -> None:
    users = {path.name for path in FILES if any(module.split(".")[0] == "open3d" for module in _imports(path))}
    assert users == {"rays.py"}


def test_every_package_is_installed() -> None:
    listed = (PACKAGE.parent / "setup.cfg").read_text("utf-8")
    for folder in {path.parent.relative_to(PACKAGE.parent) for path in FILES}:
        assert f"    {'.'.join(folder.parts)}\n" in listed, f"setup.cfg does not list {'.'.join(folder.parts)}"


@pytest.mark.parametrize(
    ("modules", "heavy"),
    [
        ("fsbench, fsbench.cli, fsbench.scoring.workers", ("numpy", "pandas", "open3d", "matplotlib", "numba")),
        # What every command needs, and the process that hands out samples.
        ("fsbench.scoring.score, fsbench.cli.progress", ("pandas", "open3d", "matplotlib", "numba", "scipy")),
        ("fsbench.check", ("pandas", "open3d", "matplotlib", "numba", "scipy")),
    ],
)
def test_what_is_imported_is_light(modules: str, heavy: tuple[str, ...]) -> None:
    import subprocess

    code = f"import sys, {modules}; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def _constants(path: Path) -> set[str]:
    """Texts in the code, without docstrings."""
    tree = ast.parse(path.read_text("utf-8"))
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said
    }


SHOWING = [
    path
    for path in FILES
    if path.relative_to(PACKAGE).parts[0] in ("stats", "report", "boards")
    or path.relative_to(PACKAGE).as_posix() in ("cli/table.py", "cli/plot.py", "cli/compare.py", "cli/leaderboard.py")
]
# The layout of the authors' files, and heat maps, which measure.
OWN_COLUMNS = {"boards/official.py", "report/heatmaps/measured.py", "report/heatmaps/scans.py"}


@pytest.mark.parametrize("path", SHOWING, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_what_shows_runs_knows_no_column_and_no_benchmark(path: Path) -> None:
    from fsbench.benchmarks import spec_names
    from fsbench.protocols.known_quantities import known_quantities
    from fsbench.runs.pooled_statistics import METRICS

    if path.relative_to(PACKAGE).as_posix() in OWN_COLUMNS:
        return
    # Columns with names that are words are left out: "suspicious" is a key of run.json, too.
    columns = {name for name in (*known_quantities(), *METRICS) if "_" in name or name == "cr"}
    found = _constants(path)
    assert not found & (columns | set(spec_names())), "declare it in the protocol's quantities or in the TOML"
    assert not {text for text in found if text.startswith(("std_of", "pooled_"))}
