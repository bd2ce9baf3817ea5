"""`pastdue bank FILE`: what a bank's file says, before anything of it is taken."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import RenderableType

from local.cli.amounts import money
from local.cli.errors import CliError, Exit
from local.cli.options import AsJson
from local.cli.output import finding_data, findings_table, plain, say, show, table

if TYPE_CHECKING:
    from core.bank import BankStatement
    from core.formats.bank import BankLayout

_SHOWN: Final = 10  # entries of each statement


def bank(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="MT940, MT942, camt, BAI2, or CSV.")],
    layout: Annotated[
        Path | None, typer.Option("--layout", metavar="FILE", help="How the bank writes its CSV.")
    ] = None,
    as_json: AsJson = False,  # noqa: ARG001 - remembered by its callback
) -> None:
    """Read a bank's file and say what is in it; nothing is stored."""
    from core.bank import BankStatement
    from core.formats.bank import read_statements
    from core.formats.errors import InputError, Severity

    if not file.is_file():
        raise CliError(f"there is no file {file}", "pastdue bank FILE")
    found = read_statements(file.read_bytes(), file.name, _layout(layout))
    statements = [one for one in found if isinstance(one, BankStatement)]
    findings = [one for one in found if isinstance(one, InputError)]
    errors = [one for one in findings if one.severity is Severity.ERROR]
    if errors and not statements:
        raise CliError(f"nothing of {file.name} can be taken", "pastdue bank --help", findings=errors, coded=True)
    data = {"statements": [_data(one) for one in statements], "findings": [finding_data(one) for one in findings]}
    show("bank", data, *(part for one in statements for part in _readable(one)))
    if findings:
        say(findings_table(findings, coded=True))
    if errors:
        raise typer.Exit(Exit.FAILED)


def _layout(path: Path | None) -> "BankLayout | None":
    from core.formats.bank import load_layout

    if path is None:
        return None
    if not path.is_file():
        raise CliError(f"there is no file {path}", "pastdue bank FILE --layout FILE")
    loaded = load_layout(path)
    if isinstance(loaded, list):
        again = f"pastdue bank FILE --layout {path}"
        raise CliError(f"{path.name} is no layout", again, code=Exit.CONFIG_INVALID, findings=loaded)
    return loaded


def _readable(one: "BankStatement") -> list[RenderableType]:
    came_in = sum(entry.minor for entry in one.entries if entry.minor > 0)
    went_out = sum(entry.minor for entry in one.entries if entry.minor < 0)
    head = f"{one.format} {one.version or ''}".strip() + f", account {one.account}"
    head += f", statement {one.number}" if one.number else ""
    entries = "1 entry" if len(one.entries) == 1 else f"{len(one.entries):,} entries"
    sums = f"{entries}: {money(came_in, one.currency)} in, {money(went_out, one.currency)} out"
    if one.opening_minor is not None and one.closing_minor is not None:
        sums += f"; {money(one.opening_minor, one.currency)} to {money(one.closing_minor, one.currency)}"
    rows = table("line", "booked", "amount", "other side", "text", "references", "is", right=("line", "amount"))
    for entry in one.entries[:_SHOWN]:
        said = entry.remittance
        references = ", ".join([*said.references, *([said.end_to_end] if said.end_to_end else [])])
        amount = money(entry.minor, entry.currency)
        kind = f"{entry.status}{', reversal' if entry.reversal else ''}"
        rows.add_row(
            *plain(str(entry.line), str(entry.booked_on), amount, entry.payer_name or "", said.text, references, kind)
        )
    more = len(one.entries) - _SHOWN
    return [head, sums, rows, *([f"and {more:,} more"] if more > 0 else []), ""]


def _data(one: "BankStatement") -> dict[str, Any]:
    return one.model_dump(mode="json")
