"""`pastdue cost`: what nights would cost on AWS, by counts of a local run and a dated price file."""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from local.cli.errors import CliError, Exit
from local.cli.options import DEFAULT_STATE, AsJson, State
from local.cli.output import hint, plain, say, show, table

if TYPE_CHECKING:
    from local.counting.kept import Kept
    from local.engine import Engine
    from local.pricing import Bill, PriceList

REGION: Final = "us-east-1"
Prices = Annotated[
    Path | None, typer.Option("--prices", metavar="FILE", help="A price file of your own; one of ours shows the form.")
]
Region = Annotated[str, typer.Option("--region", metavar="REGION", help="Which of the price files that ship.")]
Count = Annotated[bool, typer.Option("--count", help="Count what the nights ask of AWS, for `pastdue cost`.")]
_MILLION: Final = 1_000_000
_ESTIMATED: Final = (
    "Lambda's time is estimated: counted processor time at the function's share of a processor, and a wait for each "
    "request; the price file holds both figures"
)


def cost(
    prices: Prices = None,
    region: Region = REGION,
    mails: Annotated[
        int | None, typer.Option("--mails", min=0, metavar="N", help="A month of so many, by a night counted before.")
    ] = None,
    as_json: AsJson = False,  # noqa: ARG001 - remembered by its callback
    state: State = DEFAULT_STATE,
) -> None:
    """Price what nights asked of AWS, that were counted by `run --count` or `demo --count`."""
    found = price_list(prices, region)
    if mails is not None:
        _show_forecast(found, mails)
        return
    from local.counting import kept

    try:
        counted = kept.read(state)
    except kept.NotCountsError as broken:
        raise CliError(str(broken), "pastdue run --as-of DATE --count") from None
    if counted is None:
        raise CliError(f"nothing was counted in {state}", "pastdue run --as-of DATE --count, or pastdue cost --mails N")
    _show_counted(found, counted)


def counted(engine: "Engine", state: Path, nights: int, *, wanted: bool) -> AbstractContextManager[None]:
    """Count the nights of a block, where that is wanted. Raises: CliError before anything runs."""
    if not wanted:
        return nullcontext()
    from local.counting import kept

    try:
        kept.read(state)
    except kept.NotCountsError as broken:
        raise CliError(str(broken), f"rm {state / kept.FILE_NAME}") from None
    return kept.counting(engine, state, nights)


def price_list(path: Path | None, region: str) -> "PriceList":
    """The price list of a file, or the one that ships for a region. Raises: CliError."""
    from local.pricing import load, shipped

    known = shipped()
    if path is None and region not in known:
        problem = f"no price file ships for {region}; there is one for {', '.join(known)}"
        raise CliError(problem, "pastdue cost --prices FILE", code=Exit.USAGE)
    found = load(path or known[region])
    if isinstance(found, list):
        problem = f"{path} is no price file"
        raise CliError(problem, f"pastdue cost --region {REGION}", code=Exit.CONFIG_INVALID, findings=found)
    return found


def _show_counted(prices: "PriceList", counted: "Kept") -> None:
    from local.pricing import bill_of, fixed, of_counts
    from local.pricing.bill import per
    from local.pricing.quantities import DAYS

    plant, nights = counted.plant, counted.nights
    lived = of_counts(nights, prices.estimates, plant)
    stands = fixed(plant, nights, counted.tick, counted.sweep, prices.estimates)
    night = bill_of(per(lived, nights.nights), prices)
    mail = bill_of(per(lived, nights.mails), prices)
    month = bill_of(per(lived, nights.nights), prices, times=DAYS)
    standing = bill_of(stands, prices)
    data = {
        "nights": nights.nights,
        "mails": nights.mails,
        "requests": nights.requests.total(),
        "write_units": nights.write_units,
        "read_units": nights.read_units,
        "by_function": {name: share_data(share) for name, share in sorted(nights.functions.items())},
        "night": bill_data(night),
        "mail": bill_data(mail),
        "month": _month(month, standing),
    }
    rows = table("USD", "a night", "1,000,000 mails", "a month", right=["a night", "1,000,000 mails", "a month"])
    by_month = {line.what: line.usd for line in month.lines}
    by_night = {line.what: line.usd for line in night.lines}
    for line in mail.lines:
        rows.add_row(*_row(line.what, by_night.get(line.what, 0), line.usd * _MILLION, by_month.get(line.what, 0)))
    rows.add_row(*_row("nights together", night.usd, mail.usd * _MILLION, month.usd))
    show("cost", {**_about(prices), **data}, rows, "", _standing_table(standing), *_summary(data))
    say(f"{nights.mails:,} mails in {nights.nights:,} nights were counted; {_ESTIMATED}")
    hint("pastdue cost --json")


def _show_forecast(prices: "PriceList", mails: int) -> None:
    from local.pricing import profile

    known = profile.read()
    month, standing = known.mails(mails, prices), known.standing(prices)
    data = {"mails": mails, "mail": bill_data(known.mails(1, prices)), "month": _month(month, standing)}
    rows = table("", "USD a month", right=["USD a month"])
    for line in month.lines:
        rows.add_row(*_row(line.what, line.usd))
    rows.add_row(*_row("mails together", month.usd))
    show("cost", {**_about(prices), **data}, rows, "", _standing_table(standing), *_summary(data))
    say(f"by a night that was counted on {known.counted_on}; {_ESTIMATED}")
    hint("pastdue run --as-of DATE --count")


# ---------- for other commands ----------
def forecast(prices: "PriceList", mails: int, days: int) -> dict[str, Any]:
    """What so many mails and days would cost, as JSON: by the night that the program's own profile was counted on."""
    from local.pricing import profile

    known = profile.read()
    sent, standing = known.mails(mails, prices), known.standing(prices, days)
    return {
        **_about(prices),
        "mails": mails,
        "mails_usd": _rounded(sent.usd),
        "ses_usd": _rounded(sent.ses_usd),
        "standing_usd": _rounded(standing.usd),
        "usd": _rounded(sent.usd + standing.usd),
    }


def forecast_text(bill: dict[str, Any]) -> str:
    """The same in a line."""
    return (
        f"  on AWS, by the list prices of {bill['region']} of {bill['prices_as_of']}: ${bill['usd']:,.2f}, of which "
        f"${bill['mails_usd']:,.4f} for the messages (SES ${bill['ses_usd']:,.4f}) and ${bill['standing_usd']:,.2f} "
        "for the stack itself"
    )


# ---------- data ----------
def bill_data(bill: "Bill") -> dict[str, Any]:
    """A bill as JSON."""
    return {
        "usd": _rounded(bill.usd),
        "ses_usd": _rounded(bill.ses_usd),
        "against_ses": None if bill.against_ses is None else round(bill.against_ses, 4),
        "lines": [{"what": x.what, "quantity": _rounded(x.quantity), "usd": _rounded(x.usd)} for x in bill.lines],
    }


def share_data(share: Any) -> dict[str, Any]:
    """What one function asked for, as JSON."""
    return {
        "invocations": share.invocations,
        "requests": dict(sorted(share.requests.items())),
        "write_units": share.write_units,
        "read_units": share.read_units,
        "cpu_s": _rounded(share.cpu_s),
        "log_bytes": share.log_bytes,
        "memory_mb": share.memory_mb,
    }


def _about(prices: "PriceList") -> dict[str, Any]:
    return {"region": prices.region, "prices_as_of": prices.as_of, "currency": "USD", "estimated": _ESTIMATED}


def _month(nights: "Bill", standing: "Bill") -> dict[str, Any]:
    usd = nights.usd + standing.usd
    return {
        "usd": _rounded(usd),
        "nights_usd": _rounded(nights.usd),
        "standing": bill_data(standing),
        "ses_share": round(nights.ses_usd / usd, 4) if usd else None,
    }


def _rounded(value: float) -> float:
    return round(value, 9)


# ---------- for people ----------
def _standing_table(standing: "Bill") -> Any:
    rows = table("whatever the nights bring", "quantity", "USD a month", right=["quantity", "USD a month"])
    for line in standing.lines:
        rows.add_row(*plain(line.what.replace("_", " "), f"{line.quantity:,.2f}", f"{line.usd:,.2f}"))
    rows.add_row(*plain("the stack itself", "", f"{standing.usd:,.2f}"))
    return rows


def _summary(data: dict[str, Any]) -> list[str]:
    mail, month = data["mail"], data["month"]
    said = [f"\na month: ${month['usd']:,.2f}, of which ${month['standing']['usd']:,.2f} for the stack itself"]
    if mail["against_ses"] is not None:
        times, share = mail["against_ses"], 1 / mail["against_ses"]
        said.append(f"a mail: ${mail['usd']:.7f}, {times:.3f} times the price of SES; {share:.1%} of it is SES")
    return said


def _row(what: str, *amounts: float) -> list[Any]:
    return list(plain(what.replace("_", " "), *(f"{amount:,.4f}" for amount in amounts)))
