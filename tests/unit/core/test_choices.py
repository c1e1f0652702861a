"""Every choice of the command line has something that carries it out."""

import importlib
import typing
from collections.abc import Iterable

import pytest
from click import Choice

from fsbench.core import choices
from fsbench.io import _READERS
from fsbench.report.comparison import COMPARISON_FORMATS
from fsbench.report.formats import FORMATS
from fsbench.report.plots import figure
from fsbench.report.plots.styles import STYLES
from fsbench.stats.comparison import Pairs


@pytest.mark.parametrize(
    ("names", "functions"),
    [
        (choices.TABLE_FORMATS, FORMATS),
        (choices.COMPARISON_FORMATS, COMPARISON_FORMATS),
        (choices.PLOT_KINDS, figure.KINDS),
        (choices.PLOT_KINDS, figure._DRAWINGS),
        (choices.PLOT_STYLES, STYLES),
        (choices.MESH_SUFFIXES, _READERS),
        (choices.PAIRS, typing.get_args(Pairs)),
    ],
)
def test_names_and_functions_are_the_same(names: Iterable[str], functions: Iterable[str]) -> None:
    assert tuple(names) == tuple(functions)


def test_a_kind_of_plot_without_a_drawing_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choices, "PLOT_KINDS", {**choices.PLOT_KINDS, "pie": "a pie"})
    with pytest.raises(KeyError, match="pie"):
        importlib.reload(figure)
    monkeypatch.undo()
    importlib.reload(figure)


@pytest.mark.parametrize(
    ("command", "option", "names"),
    [
        ("table", "format_", choices.TABLE_FORMATS),
        ("table", "policy", choices.POLICIES),
        ("compare", "format_", choices.COMPARISON_FORMATS),
        ("compare", "policy", choices.POLICIES),
        ("compare", "pairs", choices.PAIRS),
        ("plot", "kind", choices.PLOT_KINDS),
        ("plot", "style", choices.PLOT_STYLES),
        ("score", "scale", choices.SCALES),
        ("score", "engine", choices.ENGINES),
    ],
)
def test_the_command_line_offers_them(command: str, option: str, names: Iterable[str]) -> None:
    given = importlib.import_module(f"fsbench.cli.{command}").command
    (found,) = [parameter.type for parameter in given.params if parameter.name == option]
    assert isinstance(found, Choice) and tuple(found.choices) == tuple(names)
