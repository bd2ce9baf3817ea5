"""The page of the messages names each of them, and says truly when other words are chosen."""

import re
from pathlib import Path

from core.render.messages import MailKind
from core.render.tables import CHARGE_ROWS, TABLE_ROWS
from tests.docs.pages import DOCS, Page

PAGE = Page(DOCS / "reference" / "messages.md")


def test_every_message_has_a_row_and_a_folder() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \|", PAGE.text, re.MULTILINE)
    assert rows[: len(MailKind)] == [kind.value for kind in MailKind]
    folders = {path.parent.name for path in (Path(DOCS).parent / "templates" / "mail").glob("*/body.mjml")}
    assert folders == {kind.value for kind in MailKind}


def test_the_page_tells_where_tables_are_cut() -> None:
    assert f"{TABLE_ROWS} invoices and {CHARGE_ROWS} charges" in " ".join(PAGE.text.split())
