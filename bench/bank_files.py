"""Bank files of any size, as banks write them: MT940 and camt statements that add up."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TextIO
from xml.sax.saxutils import escape

ACCOUNT = "DE02120300000000202051"


@dataclass(frozen=True, slots=True)
class Booking:
    """One booking as a bank knows it."""

    on: date
    minor: int
    name: str = "Muster GmbH"
    text: str = "RE 1001"
    reference: str | None = None  # the bank's
    end_to_end: str = "NOTPROVIDED"
    account: str = "DE89370400440532013000"


def bookings(count: int, a_day: int = 500, first: date = date(2026, 1, 2)) -> Iterator[Booking]:
    """So many bookings, each different."""
    for number in range(count):
        minor = (number * 7919) % 1_000_000 + 1
        yield Booking(
            first + timedelta(days=number // a_day),
            -minor if number % 11 == 0 else minor,
            name=f"Kunde {number % 5000} Aktiengesellschaft",
            text=f"Rechnung {100_000 + number} Kd.Nr. {number % 5000} vielen Dank",
            reference=f"BK{number:012}",
            end_to_end=f"E2E-{number:010}",
        )


# ---------- MT940 ----------


def comma(minor: int) -> str:
    """An amount without sign as SWIFT writes it."""
    return f"{abs(minor) // 100},{abs(minor) % 100:02}"


def mt940(
    out: TextIO, told: Iterable[Booking], *, opening: int = 100_000, number: str = "1/1", account: str = ACCOUNT
) -> None:
    """One statement in the way of German banks."""
    rows, first, last, balance = list(told), date(2026, 1, 1), date(2026, 1, 1), opening
    if rows:
        first, last = rows[0].on, rows[-1].on
    out.write(f":20:STARTUMSE\r\n:25:{account}\r\n:28C:{number}\r\n:60F:{_balance(opening, first)}\r\n")
    for one in rows:
        balance += one.minor
        mark = "D" if one.minor < 0 else "C"
        reference = f"//{one.reference}" if one.reference else ""
        out.write(f":61:{one.on:%y%m%d%m%d}{mark}{comma(one.minor)}NTRFNONREF{reference}\r\n")
        out.write(
            wrapped(f":86:166?00GUTSCHRIFT?20EREF+{one.end_to_end}?21SVWZ+{one.text}?31{one.account}?32{one.name}")
        )
    out.write(f":62F:{_balance(balance, last)}\r\n-\r\n")


def wrapped(field: str, width: int = 65) -> str:
    """A field cut at the width of a SWIFT line."""
    tag, rest = field[:4], field[4:]
    lines = [rest[i : i + width] for i in range(0, len(rest), width)] or [""]
    return tag + "\r\n".join(lines) + "\r\n"


def _balance(minor: int, on: date) -> str:
    return f"{'D' if minor < 0 else 'C'}{on:%y%m%d}EUR{comma(minor)}"


# ---------- camt ----------

_KINDS = {
    "052": ("BkToCstmrAcctRpt", "Rpt"),
    "053": ("BkToCstmrStmt", "Stmt"),
    "054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
}


def point(minor: int) -> str:
    """An amount without sign as XML writes it."""
    return f"{abs(minor) // 100}.{abs(minor) % 100:02}"


def camt(
    out: TextIO,
    told: Iterable[Booking],
    *,
    kind: str = "053",
    version: str = "001.08",
    opening: int = 100_000,
    number: str = "1",
    account: str = ACCOUNT,
) -> None:
    """One message with one statement."""
    rows = list(told)
    first, last = (rows[0].on, rows[-1].on) if rows else (date(2026, 1, 1), date(2026, 1, 1))
    root, name = _KINDS[kind]
    out.write(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.{kind}.{version}">\n'
        f"<{root}><GrpHdr><MsgId>M{number}</MsgId><CreDtTm>{last}T20:00:00</CreDtTm></GrpHdr>\n<{name}><Id>S{number}</Id>"
        f"<ElctrncSeqNb>{number}</ElctrncSeqNb><CreDtTm>{last}T20:00:00</CreDtTm>"
        f"<Acct><Id><IBAN>{account}</IBAN></Id><Ccy>EUR</Ccy></Acct>\n"
    )
    if kind == "053":
        out.write(_bal("OPBD", opening, first) + _bal("CLBD", opening + sum(one.minor for one in rows), last))
    out.writelines(entry(one, version) for one in rows)
    out.write(f"</{name}></{root}></Document>\n")


def entry(one: Booking, version: str = "001.08") -> str:
    """One entry with its details."""
    status = "<Cd>BOOK</Cd>" if version >= "001.08" else "BOOK"
    party = f"<Pty><Nm>{escape(one.name)}</Nm></Pty>" if version >= "001.08" else f"<Nm>{escape(one.name)}</Nm>"
    side = "Cdtr" if one.minor < 0 else "Dbtr"
    reference = f"<AcctSvcrRef>{one.reference}</AcctSvcrRef>" if one.reference else ""
    return (
        f'<Ntry><Amt Ccy="EUR">{point(one.minor)}</Amt><CdtDbtInd>{_side(one.minor)}</CdtDbtInd><Sts>{status}</Sts>'
        f"<BookgDt><Dt>{one.on}</Dt></BookgDt><ValDt><Dt>{one.on}</Dt></ValDt>{reference}"
        "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>"
        f"<NtryDtls><TxDtls><Refs><EndToEndId>{one.end_to_end}</EndToEndId></Refs>"
        f"<RltdPties><{side}>{party}</{side}><{side}Acct><Id><IBAN>{one.account}</IBAN></Id></{side}Acct></RltdPties>"
        f"<RmtInf><Ustrd>{escape(one.text)}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\n"
    )


def _bal(code: str, minor: int, on: date) -> str:
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{point(minor)}</Amt>'
        f"<CdtDbtInd>{_side(minor)}</CdtDbtInd><Dt><Dt>{on}</Dt></Dt></Bal>\n"
    )


def _side(minor: int) -> str:
    return "DBIT" if minor < 0 else "CRDT"
