"""What the demo leaves to look at: the mails, a gallery, and which day sent what to whom."""

import csv
import json
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from core.render.messages import MailKind
from local.config_folder import read_folder
from local.demo.company import CONFIG
from local.demo.story import Day
from local.engine import Mail, write_folder
from local.gallery import write_gallery
from local.preview.cast import cast_as
from local.preview.gallery import Wanted, write_preview

LADDER: Final = ("friendly", "warning", "delinquent", "daily-reminder", "digest")
SHOWN: Final = "nordlicht-de"  # whose messages the preview shows
LANGUAGES: Final = ("en", "de")  # of the preview; `pastdue preview` has all
_WIDTH: Final = 160
_WEEK: Final = 7


def write_all(days: Sequence[Day], mails: Sequence[Mail], folder: Path) -> dict[str, Path]:
    """Write everything; returns where, by what it is."""
    shutil.rmtree(folder / "outbox", ignore_errors=True)
    write_folder(mails, folder / "outbox")
    text, table, data = folder / "summary.txt", folder / "summary.csv", folder / "summary.json"
    with text.open("w", encoding="utf-8") as out:
        Console(file=out, width=_WIDTH).print(by_day(days))
    with table.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(("day", "at", "what", "customer", "to", "subject"))
        rows.writerows(_cells(days))
    data.write_text(json.dumps([as_data(day) for day in days], ensure_ascii=False, indent=1), encoding="utf-8")
    return {
        "gallery": write_gallery(mails, folder, _preview(folder)), "mails": folder / "outbox", "summary": text,
        "as CSV": table, "as JSON": data,
    }  # fmt: skip


def _preview(folder: Path) -> str:
    """Every message there is, as the company of the demo writes it in the languages of its customers."""
    wanted = read_folder(CONFIG).wanted
    entity = wanted.entities[SHOWN]
    people = [person for person in wanted.people.values() if SHOWN in person.entities]
    shown = Wanted(tuple(MailKind), LANGUAGES)
    return write_preview(shown, folder / "preview", casting=cast_as(entity, people))[0].relative_to(folder).as_posix()


def as_data(day: Day) -> dict[str, Any]:
    """A day as JSON."""
    sent = [
        {"at": f"{one.mail.sent_at:%Y-%m-%dT%H:%M:%SZ}", "what": one.what, "customer": one.customer, "name": one.name,
         "to": list(one.mail.recipients), "subject": one.mail.subject}
        for one in day.sent
    ]  # fmt: skip
    return {"day": day.on.isoformat(), "sent": sent, "invoices_paid": day.paid, "errors": list(day.errors)}


def by_day(days: Sequence[Day]) -> Table:
    """A row for each day and kind of mail."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("day", "what went out", "to whom"):
        table.add_column(column, overflow="fold")
    for day in days:
        for kind in LADDER:
            names = [one.name for one in day.sent if one.what == kind]
            if names:
                table.add_row(f"{day.on:%a} {day.on}", f"{len(names)} x {kind}", ", ".join(names))
    return table


def by_week(days: Sequence[Day]) -> Table:
    """A row a week: how many mails of each kind, and invoices paid."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("week of")
    for column in (*LADDER, "paid"):
        table.add_column(column, justify="right")
    for start, of_week in _weeks(days):
        kinds = sum((day.kinds for day in of_week), Counter[str]())
        counts = [str(kinds[kind] or "") for kind in LADDER]
        table.add_row(start, *counts, str(sum(day.paid for day in of_week) or ""))
    total = sum((day.kinds for day in days), Counter[str]())
    paid = str(sum(day.paid for day in days))
    table.add_row("in all", *(str(total[kind]) for kind in LADDER), paid, style="bold")
    return table


def _weeks(days: Sequence[Day]) -> Iterator[tuple[str, list[Day]]]:
    for first in range(0, len(days), _WEEK):
        of_week = list(days[first : first + _WEEK])
        yield of_week[0].on.isoformat(), of_week


def _cells(days: Sequence[Day]) -> Iterator[tuple[str, ...]]:
    for day in days:
        for one in day.sent:
            at = f"{one.mail.sent_at:%H:%M}"
            cells = (day.on.isoformat(), at, one.what, one.customer, " ".join(one.mail.recipients), one.mail.subject)
            yield tuple(_neutral(cell) for cell in cells)


def _neutral(cell: str) -> str:
    """A spreadsheet takes no cell for a formula."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
