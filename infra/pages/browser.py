"""The machine's own Chromium, driven by Playwright; nothing is downloaded, and no page reaches the network."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str | None:
    """Where the browser is: CHROMIUM, else the usual names; None where there is none."""
    wanted = os.environ.get("CHROMIUM")
    names = (wanted,) if wanted else _NAMES
    return next((path for path in map(shutil.which, names) if path), None)


@contextmanager
def browser() -> Iterator["Browser"]:
    """A browser of its own, with a fresh profile. Raises: LookupError where no Chromium is installed."""
    from playwright.sync_api import sync_playwright

    path = chromium()
    if path is None:
        raise LookupError("no Chromium on this machine: apt-get install chromium, or name it in CHROMIUM")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        try:
            yield opened
        finally:
            opened.close()
