"""Look at every message in every language: in a browser, and against the data on mail programs. Exit 1 for a fault.

python -m infra.pages [LANGUAGE ...]
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from core.render.formats import LANGUAGES
from infra.pages.axe import Page, pages, violations
from infra.pages.browser import chromium
from infra.pages.support import FetchError, faults, features, fetch, read

_TOOLS: Final = Path(".tools") / "caniemail"


def main(languages: Sequence[str]) -> int:
    """Print what is wrong, and what could not be looked at here."""
    known = list(pages(languages or LANGUAGES))
    found = [*_in_a_browser(known), *_in_programs(known)]
    for fault in found:
        print(fault)
    print(f"{len(known)} messages looked at: {len(found) or 'no'} {'fault' if len(found) == 1 else 'faults'}")
    return 1 if found else 0


def _in_a_browser(known: Sequence[Page]) -> list[str]:
    if chromium() is None:
        print("left out: no Chromium on this machine to look at the messages with")
        return []
    return violations(known)


def _in_programs(known: Sequence[Page]) -> list[str]:
    try:
        data = read(fetch(_TOOLS))
    except FetchError as error:
        print(f"left out: what mail programs support; {error}")
        return []
    used = set[str]().union(*(features(page.html, data) for page in known))
    return faults(used, data)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
