"""The page as a file: chapters, one script, one style sheet and plotly's script, all inside."""

import json
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

import fsbench
from fsbench.core.visible import visible
from fsbench.report.formats.columns import DASH
from fsbench.report.page.chapter import Chapter
from fsbench.stats import POLICIES

# A label must not end a script, or open a comment in one.
_UNSAFE = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"}


def write(chapters: Sequence[Chapter]) -> str:
    """The page; texts from runs are escaped, in its HTML and in its data."""
    environment = Environment(
        loader=PackageLoader("fsbench.report.page", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: _seen(value) if type(value) is str else value,
    )
    return environment.get_template("page.html").render(
        chapters=chapters,
        policies=POLICIES,
        data=[_json(chapter.data) for chapter in chapters],
        plotly=Markup(_plotly()),
        style=Markup(_own("page.css")),
        script=Markup(_own("page.js")),
        dash=DASH,
        ranks={1: "best", 2: "second"},
        version=fsbench.__version__,
        plotly_version=version("plotly"),
    )


def _seen(data: Any) -> Any:
    """The same data with invisible characters made visible: names and reasons come from other people's files."""
    if isinstance(data, str):
        return visible(data)
    if isinstance(data, dict):
        return {_seen(key): _seen(value) for key, value in data.items()}
    return [_seen(one) for one in data] if isinstance(data, list | tuple) else data


def _json(data: Any) -> Markup:
    return Markup(
        json.dumps(_seen(data), ensure_ascii=False, allow_nan=False, separators=(",", ":")).translate(_UNSAFE)
    )


def _own(name: str) -> str:
    return (files("fsbench.report.page") / name).read_text("utf-8")


@cache
def _plotly() -> str:
    """plotly's script, from the installed package."""
    return (files("plotly") / "package_data" / "plotly.min.js").read_text("utf-8")
