"""Compiled functions are kept on disk and known by their own file: what they call must stand in it, lanes aside."""

import ast
import importlib
from pathlib import Path

import pytest

from fsbench.core.compiled import load

PACKAGE = Path(__file__).resolve().parents[2] / "fsbench"
LANES = "fsbench.core.lanes"
DECORATORS = {"compiled", "inlined", "merged"}


def _decorators(function: ast.FunctionDef) -> set[str]:
    calls = (node.func if isinstance(node, ast.Call) else node for node in function.decorator_list)
    return {node.id for node in calls if isinstance(node, ast.Name)} & DECORATORS


def _compiled_functions(path: Path) -> list[ast.FunctionDef]:
    tree = ast.parse(path.read_text("utf-8"))
    return [node for node in tree.body if isinstance(node, ast.FunctionDef) and _decorators(node)]


FILES = [path for path in sorted(PACKAGE.rglob("*.py")) if _compiled_functions(path)]


def test_there_are_some() -> None:
    assert len(FILES) > 3


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_every_loop_of_a_file_compiles(path: Path) -> None:
    # Such as one that makes an array and does not say so, which the compiler refuses at the first call.
    load(importlib.import_module(".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_compiled_function_calls_only_its_own_file(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    own = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("fsbench") and node.module != LANES
        for alias in node.names
    }
    for function in _compiled_functions(path):
        called = {
            node.func.id
            for statement in function.body
            for node in ast.walk(statement)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not (called & imported) - own, f"{function.name} calls parts of other files"
