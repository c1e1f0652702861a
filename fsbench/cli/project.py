"""The project file: options of `fsbench score` for any number of runs, kept beside one's results."""

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from fsbench.core.errors import FormatError, FsbenchError, UsageError
from fsbench.core.toml import parse_toml, read_limited
from fsbench.core.visible import visible

NAME = "fsbench.toml"
_LARGEST_BYTES = 256 << 10
_MOST_RUNS = 1000
_LONGEST_VALUE, _LONGEST_NAME = 4096, 60
_NAME = re.compile(rf"(?![.-])[\w.+-]{{1,{_LONGEST_NAME}}}")

_OF_THE_CALL = {"project", "overwrite", "resume", "shard"}
"""Parameters of `fsbench score` that say how one call goes, not what a run is."""

_LISTS = ("flip", "crop", "landmarks", "pred-landmarks", "samples")
"""Options that are text with commas; in the file a list will do too."""

_HINTS = {
    "frame": 'a frame is an adapter: adapter = "pixels"',
    "runs": "runs are tables of their own: [runs.NAME]",
    **dict.fromkeys(("overwrite", "resume", "shard"), "that is for the command line alone"),
}


@dataclass(frozen=True, slots=True)
class Project:
    """A project file.

    Attributes
    ----------
    path : Path
    runs : mapping of str to mapping
        Name of each run to its parameters of `fsbench score`, by their Python names. `benchmark`, `root`, `pred` and
        `out` are there for each; `out` leads from the working directory, other paths are absolute.
    """

    path: Path
    runs: Mapping[str, Mapping[str, Any]]

    def out(self, name: str) -> Path:
        """Folder of a run."""
        return Path(self.runs[name]["out"])

    def require(self, name: str) -> None:
        """UsageError if there is no run of that name."""
        from fsbench.benchmarks.spec import spec_names

        if name not in self.runs:
            near = difflib.get_close_matches(name, [*self.runs, *spec_names()], 1)
            hint = f"did you mean {near[0]}?" if near else f"its runs are {', '.join(self.runs)}"
            raise UsageError(f"{self.path} has no run {visible(name)!r}; {hint}")

    def place(self, name: str) -> str:
        """Name of a run in messages."""
        return f"{self.path}, [runs.{name}]"


def is_benchmark(name: str) -> bool:
    """Whether a name is that of a benchmark, or of a file with one, and so no run's."""
    from fsbench.benchmarks.spec import spec_names

    return name.endswith(".toml") or name in spec_names()


def project_option(command: Any) -> Any:
    """Add --project to a command."""
    return click.option("--project", metavar="FILE", help=f"A project file; see docs/project.md [{NAME}, if here].")(
        command
    )


def find_project(given: str | None) -> Project | None:
    """The project file that --project names, else the one in the working directory; None if there is none.

    Raises
    ------
    UsageError, FormatError
        As `read_project`.
    """
    if given is None and not Path(NAME).is_file():
        return None
    return read_project(Path(given or NAME))


def read_project(path: Path) -> Project:
    """Read a project file.

    Raises
    ------
    UsageError
        If there is no such file.
    FormatError
        If it is not TOML, larger than 256 KiB, or has a wrong key or value; the message names the table and the key.
    """
    if not path.is_file():
        raise UsageError(f"{path}: there is no such project file")
    content = read_limited(path, "project file", _LARGEST_BYTES)
    try:
        raw = parse_toml(content)
    except ValueError as error:
        raise FormatError(f"{path}: not a project file: {error}") from None
    tables = raw.pop("runs", None)
    if not isinstance(tables, dict) or not tables or not all(isinstance(table, dict) for table in tables.values()):
        raise FormatError(f"{path}: expected runs, each a table [runs.NAME] with benchmark, root and pred")
    if len(tables) > _MOST_RUNS:
        raise FormatError(f"{path}: has {len(tables):,} runs, expected at most {_MOST_RUNS:,}")
    common = _parameters(raw, path.parent, f"{path}")
    if "out" in common:
        raise FormatError(f"{path}, out: two runs cannot share a folder; put out into each [runs.NAME]")
    runs = {name: _run(name, table, common, path) for name, table in tables.items()}
    _refuse_shared_folders(path, runs)
    return Project(path, runs)


def _run(name: str, table: dict[str, Any], common: Mapping[str, Any], path: Path) -> dict[str, Any]:
    from fsbench.benchmarks.spec import spec_names, spec_path

    place = f"{path}, [runs.{visible(name)[:_LONGEST_NAME]}]"
    if not _NAME.fullmatch(name) or name.endswith(".toml"):
        raise FormatError(f"{place}: expected a name of letters, digits, '-', '_' and '.', at most {_LONGEST_NAME}")
    if name in spec_names():
        raise FormatError(f"{place}: this is the name of a benchmark; call the run {name}-METHOD")
    found = {"out": str(path.parent / "runs" / name), **common, **_parameters(table, path.parent, place)}
    for key in ("benchmark", "root", "pred"):
        if key not in found:
            raise FormatError(f"{place}: {key} is missing, here or above all runs")
    try:
        spec_path(found["benchmark"])
        if "changes" in found:
            found["changes"] = _with_paths(found, path.parent)
    except FsbenchError as error:
        raise FormatError(f"{place}: {error}") from None
    return found


def _parameters(table: dict[str, Any], folder: Path, place: str) -> dict[str, Any]:
    """The parameters of `fsbench score` that a table gives, by their Python names."""
    known = _known()
    found = {}
    for key, value in table.items():
        if key not in known:
            raise FormatError(f"{place}, {visible(key)[:_LONGEST_NAME]}: {_unknown(key, known)}")
        parameter = known[key]
        try:
            found[str(parameter.name)] = _placed(key, _value(key, parameter, value), folder)
        except (ValueError, click.BadParameter) as error:
            text = error.message if isinstance(error, click.BadParameter) else str(error)
            raise FormatError(f"{place}, {key}: {text}") from None
    return found


def _known() -> dict[str, click.Parameter]:
    """Parameters by their keys: the long options without dashes in front, and the benchmark."""
    # Late: `fsbench score` reads project files.
    from fsbench.cli.score import command

    return {max(one.opts, key=len).lstrip("-"): one for one in command.params if one.name not in _OF_THE_CALL}


def _unknown(key: str, known: Mapping[str, click.Parameter]) -> str:
    if key in _HINTS:
        return f"there is no such key; {_HINTS[key]}"
    near = difflib.get_close_matches(key.lower().replace("_", "-"), known, 1) if len(key) <= _LONGEST_NAME else []
    return "there is no such key; " + (f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}")


def _value(key: str, parameter: click.Parameter, value: Any) -> Any:
    """The value converted as by its option; ValueError or BadParameter if it has another type or is out of range."""
    if key == "set":
        return tuple(_changes(value))
    match parameter.type:
        case click.types.BoolParamType():
            is_one, expected = type(value) is bool, "true or false"
        case click.types.IntParamType():
            is_one, expected = type(value) is int, "a whole number"
        case click.types.FloatParamType():
            is_one, expected = type(value) in (int, float), "a number"
        case _:
            value = _text(key, value)
            is_one, expected = value is not None, "text or numbers" if key in _LISTS else "text"
    if not is_one:
        raise ValueError(f"expected {expected}")
    return parameter.type.convert(value, parameter, None)


def _text(key: str, value: Any) -> str | None:
    """Text, numbers (size = 224) and lists of them as an option would be typed; None for anything else."""
    if isinstance(value, list) and key in _LISTS:
        parts = [_text("", part) for part in value]
        return None if None in parts else ",".join(map(str, parts))
    if type(value) in (int, float):
        return str(value)
    if not isinstance(value, str):
        return None
    if len(value) > _LONGEST_VALUE or visible(value) != value:
        raise ValueError(f"expected at most {_LONGEST_VALUE} plain characters in one line")
    return value


def _changes(value: Any, before: str = "") -> Iterator[str]:
    """KEY=VALUE for each setting of a table; a table in it names a part, as in icp.trim."""
    if not isinstance(value, dict):
        raise ValueError("expected a table of settings, e.g. set = { forehead_mm = 50, icp.trim = 0.1 }")
    for key, part in value.items():
        if isinstance(part, dict):
            yield from _changes(part, f"{before}{key}.")
            continue
        text = str(part).lower() if isinstance(part, bool) else _text("", part)
        if text is None:
            raise ValueError(f"{visible(before + key)[:_LONGEST_NAME]} is expected to be text, a number, true or false")
        yield f"{before}{key}={text}"


def _placed(key: str, value: Any, folder: Path) -> Any:
    """Read paths from the file's folder on, so that a run is the same wherever the command is given.

    All but `out` become absolute, as run.json keeps them.
    """
    if key == "out":
        return str(folder / os.path.expanduser(value))  # noqa: PTH111 - never fails
    if key in ("root", "pred") or (key == "benchmark" and value.endswith(".toml")):
        return _beside(folder, value)
    if key == "adapter" and ".py:" in value:
        return _beside(folder, value)
    # Vertex numbers and patterns are not paths; a pattern is relative to the folder of references or predictions.
    if key in ("landmarks", "pred-landmarks") and not re.fullmatch(r"[\d\s,]+", value) and "{" not in value:
        return _beside(folder, value)
    return value


def _beside(folder: Path, text: str) -> str:
    return str(folder.resolve() / os.path.expanduser(text))  # noqa: PTH111 - never fails


def _with_paths(parameters: Mapping[str, Any], folder: Path) -> tuple[str, ...]:
    """The settings; those that name files become relative to the working directory."""
    from fsbench.benchmarks import Choice, load_spec
    from fsbench.protocols import registry

    choice = Choice(measure=parameters.get("measure", "nearest"))
    files = registry.chosen(load_spec(parameters["benchmark"]), choice).file_settings
    pairs = [change.split("=", 1) for change in parameters["changes"]]
    return tuple(f"{key}={_beside(folder, value) if key in files else value}" for key, value in pairs)


def _refuse_shared_folders(path: Path, runs: Mapping[str, Mapping[str, Any]]) -> None:
    owners: dict[str, str] = {}
    for name, run in runs.items():
        folder = os.path.realpath(run["out"])
        if (owner := owners.setdefault(folder, name)) != name:
            raise FormatError(f"{path}, [runs.{name}], out: {run['out']} is the folder of [runs.{owner}] already")
