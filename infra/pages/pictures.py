"""The pictures of the pages: messages as the preview shows them, and a demo of ninety days. Written into docs/images.

python -m infra.pages.pictures
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from core.render.messages import MailKind
from infra.pages.browser import browser
from infra.pages.story import pictures_of_a_demo
from local.preview.gallery import Wanted, write_preview

if TYPE_CHECKING:
    from playwright.sync_api import Page

IMAGES: Final = Path(__file__).parents[2] / "docs" / "images"
_SHEET: Final = {"width": 1276, "height": 660}
_SIDE_BY_SIDE: Final = {"width": 1172, "height": 572}
# a desktop, and two phones of which one is dark and one is read from right to left
_FRAMES: Final = (
    ("warning.en.page.html", 520, "A warning on a desktop"),
    ("warning.de.page.html#dark", 300, "A warning on a phone, dark"),
    ("warning.ar.page.html", 300, "A warning on a phone, in Arabic"),
)
_PAGE: Final = """<!doctype html><title>Messages</title><style>
body {{ margin: 0; padding: 16px; display: flex; gap: 10px; background: #d9dee5; }}
div {{ height: 540px; overflow: hidden; border-radius: 12px; }}
iframe {{ border: 0; transform-origin: 0 0; }}
</style>{frames}"""


def main() -> int:
    """Write the pictures and say how big they are."""
    with TemporaryDirectory() as place, browser() as opened:
        folder = Path(place)
        write_preview(Wanted(tuple(MailKind), ("en", "de", "ar")), folder)
        frames = "".join(_frame(*frame) for frame in _FRAMES)
        (folder / "messages.html").write_text(_PAGE.format(frames=frames), encoding="utf-8")
        context = opened.new_context(offline=True, color_scheme="light")
        for name, page, size in (("preview", "index", _SHEET), ("messages", "messages", _SIDE_BY_SIDE)):
            tab = context.new_page()
            tab.set_viewport_size({"width": size["width"], "height": size["height"]})
            tab.goto((folder / f"{page}.html").as_uri())
            tab.wait_for_load_state("networkidle")
            _take(tab, name)
        for name, shown in pictures_of_a_demo(opened, folder / "demo"):
            _take(shown, name)
    return 0


def _take(tab: "Page", name: str) -> None:
    """The page as far as its window shows it."""
    picture = IMAGES / f"{name}.png"
    tab.screenshot(path=picture)
    sys.stderr.write(f"{picture}: {picture.stat().st_size:,} bytes\n")


def _frame(file: str, shown: int, title: str) -> str:
    wide = 640 if shown > 400 else 360
    scale = shown / wide
    style = f"width:{wide}px;height:{540 / scale:.0f}px;transform:scale({scale:.4f})"
    inner = f'<iframe sandbox title="{title}" src="mails/{file}" style="{style}"></iframe>'
    return f'<div style="width:{shown}px">{inner}</div>'


if __name__ == "__main__":
    raise SystemExit(main())
