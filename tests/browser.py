"""A real browser without a window, for pages that are written."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = Path("/usr/bin/chromium")
_SOFTWARE_3D = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
_QUIET = ("--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync")
PATIENCE_MS = 120_000
"""How long a slow machine may take before a test says that something never comes."""


@dataclass
class Tab:
    """An open page, what it complained about and what it asked the network for."""

    page: Any
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.page, name)

    def until(self, condition: str) -> None:
        """Wait for a condition in JavaScript."""
        self.page.wait_for_function(condition, timeout=PATIENCE_MS)


@contextmanager
def chromium() -> Iterator[Any]:
    """Debian's Chromium; the test is skipped where it, or the package that drives it, is not there."""
    if not CHROMIUM.exists():
        pytest.skip(f"no browser at {CHROMIUM}: apt-get install chromium")
    driver = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install '.[dev]'")
    with driver.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=[*_SOFTWARE_3D, *_QUIET])
        yield browser
        browser.close()


@contextmanager
def opened(browser: Any, path: Path, before: str = "", anchor: str = "", **options: Any) -> Iterator[Tab]:
    """Open a file, at `anchor`; complaints, and requests for anything but the file itself, fail the test."""
    context = browser.new_context(**{"viewport": {"width": 1200, "height": 900}, "reduced_motion": "reduce", **options})
    tab = Tab(context.new_page())
    tab.page.on("console", lambda said: tab.complaints.append(said.text) if said.type == "error" else None)
    tab.page.on("pageerror", lambda error: tab.complaints.append(str(error)))
    tab.page.on("request", lambda request: tab.requests.append(request.url))
    tab.page.set_default_timeout(PATIENCE_MS)
    if before:
        tab.page.add_init_script(before)
    tab.page.goto(path.as_uri() + (f"#{anchor}" if anchor else ""))
    tab.until("document.documentElement.dataset.ready === '1'")
    yield tab
    assert tab.complaints == []
    assert [address.partition("#")[0] for address in tab.requests] == [path.as_uri()]
    context.close()
