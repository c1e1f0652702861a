"""The documentation site: `make docs` builds it into build/docs, without a warning.

Sphinx with furo, because the pages stay plain Markdown that is also read in the repository, docstrings are numpy's,
commands come from click, and a reference that leads nowhere fails the build.
"""

import re
from pathlib import Path

import fsbench
from fsbench.boards.board import read_boards
from fsbench.boards.methods import read_methods
from fsbench.report.formats import FORMATS

ROOT = Path(__file__).resolve().parent.parent

project, author, release = "fsbench", "the fsbench authors", fsbench.__version__
copyright = "the fsbench authors"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode", "sphinx_click"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
smartquotes, default_role = False, "literal"
html_theme, html_title = "furo", f"fsbench {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_theme_options = {"sidebar_hide_name": False}
html_extra_path = [str(report)] if (report := ROOT / "demo" / "report.html").is_file() else []

myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]
autodoc_typehints, autodoc_member_order = "none", "bysource"
napoleon_google_docstring, napoleon_numpy_docstring, napoleon_use_ivar = False, True, True


def boards_page() -> str:
    """The boards as sortable tables with their figures."""
    boards, methods = read_boards(ROOT / "leaderboards"), read_methods(ROOT / "leaderboards")
    parts = ["# Leaderboards", "", "Click a heading to sort. The same numbers as `fsbench leaderboard show`.", ""]
    for name, board in boards.items():
        tables = [board.table(layout, ci=True) for layout in board.layouts]
        figures = sorted((ROOT / "leaderboards").glob(f"{name}-*.svg"))
        parts += [f"## {board.spec.title}", "", ":::{raw} html"]
        # The page's own rules are for a page of its own; site.css has those of the site.
        body = re.search(r"<body>(.*)</body>", FORMATS["html"](tables), re.DOTALL)
        parts += [f'<div class="boards">{body[1] if body else ""}</div>', ":::", ""]
        parts += [f"![{board.spec.title}](../../leaderboards/{path.name})\n" for path in figures]
    parts += ["## Methods", "", "| method | paper | venue | year |", "|---|---|---|---|"]
    parts += [f"| {one.method} | [{one.paper}]({one.source}) | {one.venue} | {one.year} |" for one in methods.values()]
    return "\n".join(parts) + "\n"


def write_generated(*_: object) -> None:
    """Write the pages that come from data, and those that stand at the top of the repository."""
    folder = Path(__file__).parent / "generated"
    folder.mkdir(exist_ok=True)
    (folder / "boards.md").write_text(boards_page(), "utf-8")
    for name in ("CONTRIBUTING", "CHANGELOG"):
        text = (ROOT / f"{name}.md").read_text("utf-8").replace("](docs/", "](../")
        (folder / f"{name.lower()}.md").write_text(text, "utf-8")


def link_outside(_: object, __: str, source: list[str]) -> None:
    """Lead links to files at the top of the repository to their pages."""
    for name in ("CONTRIBUTING", "CHANGELOG"):
        source[0] = source[0].replace(f"](../{name}.md)", f"](generated/{name.lower()}.md)")


def setup(app: object) -> None:
    """Sphinx calls this."""
    app.connect("builder-inited", write_generated)  # type: ignore[attr-defined]
    app.connect("source-read", link_outside)  # type: ignore[attr-defined]
