"""Pictures of a demo: its gallery, one mail of it, and the calendar of what is to come."""

from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path
from typing import TYPE_CHECKING, Final

from typer.testing import CliRunner

from local.cli.main import app

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_SHOWN: Final = "INV-10421"  # a warning of which a part is disputed


def pictures_of_a_demo(browser: "Browser", folder: Path) -> Iterator[tuple[str, "Page"]]:
    """Live the ninety days in `folder`, then each picture's name with the page to take it of."""
    calendar = folder.with_name("calendar.html")
    _run("demo", "--out", str(folder))
    _run("simulate", "--days", "90", "--pay-like-history", "--calendar", str(calendar), "--state", str(folder))
    gallery = _page(browser, folder / "index.html", 1760, 1060)
    for chip in ("warning", "English"):
        gallery.locator("button.badge").filter(has_text=chip).first.click()
    gallery.get_by_text(_SHOWN).first.click()
    gallery.wait_for_timeout(500)
    yield "gallery", gallery
    mail = folder.with_name("mail.html")
    mail.write_text(_warning(folder / "outbox"), encoding="utf-8")
    warning = _page(browser, mail, 640, 100)
    warning.set_viewport_size({"width": 640, "height": warning.evaluate("document.documentElement.scrollHeight")})
    yield "warning", warning
    yield "calendar", _page(browser, calendar, 1280, 950)


def _warning(outbox: Path) -> str:
    """The HTML of the first warning about that invoice."""
    for path in sorted(outbox.glob("*.eml")):
        mail = message_from_bytes(path.read_bytes(), policy=policy.default)
        body = mail.get_body(("html",))
        if body is not None and f"please settle invoice {_SHOWN}" in str(mail["subject"]):
            return str(body.get_content())
    raise LookupError(f"no warning about {_SHOWN} in {outbox}")


def _run(*words: str) -> None:
    result = CliRunner().invoke(app, words)
    if result.exit_code:
        raise RuntimeError(f"{words[0]}: {result.output}")


def _page(browser: "Browser", path: Path, width: int, height: int) -> "Page":
    page = browser.new_context(offline=True, color_scheme="light").new_page()
    page.set_viewport_size({"width": width, "height": height})
    page.goto(path.as_uri())
    page.wait_for_load_state("networkidle")
    return page
