"""Whether receivers can see that mail of a domain is ours: SPF, DKIM and DMARC by its records.

Sources: RFC 7208 (SPF), RFC 7489 (DMARC), Amazon SES developer guide (custom MAIL FROM, Easy DKIM).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

Records = Callable[[str, Literal["TXT", "MX", "CNAME"]], tuple[str, ...] | None]  # None: nobody answered


@dataclass(frozen=True, slots=True)
class Fault:
    """A record that is missing or wrong: what to put where, and what happens without it."""

    found: str
    record: str  # the line for the zone
    why: str
    serious: bool = True


class NotCheckedError(RuntimeError):
    """The domain name system did not answer."""


def faults(domain: str, region: str, tokens: tuple[str, ...], mail_from: str, ask: Records) -> Iterator[Fault]:
    """What is wrong with the records of a sender domain.

    Args: `tokens` of Easy DKIM; `mail_from` the custom MAIL FROM domain, empty when there is none.
    Raises: NotCheckedError.
    """
    yield from _dkim(domain, tokens, ask)
    if mail_from:
        yield from _mail_from(mail_from, region, ask)
    yield from _dmarc(domain, ask)


def _dkim(domain: str, tokens: tuple[str, ...], ask: Records) -> Iterator[Fault]:
    for token in tokens:
        name = f"{token}._domainkey.{domain}"
        if not _asked(name, "CNAME", ask):
            record = f"{name} CNAME {token}.dkim.amazonses.com"
            yield Fault(f"no DKIM record {name}", record, "SES cannot sign; mail of the domain is refused or marked")


def _mail_from(mail_from: str, region: str, ask: Records) -> Iterator[Fault]:
    exchange = f"feedback-smtp.{region}.amazonses.com"
    why = "bounces come back under another domain, and SPF does not speak for ours"
    if not any(found.split()[-1].lower() == exchange for found in _asked(mail_from, "MX", ask)):
        yield Fault(f"MAIL FROM domain {mail_from} has no MX of SES", f"{mail_from} MX 10 {exchange}", why)
    spf = [text for text in _asked(mail_from, "TXT", ask) if text.lower().startswith("v=spf1")]
    if len(spf) > 1:  # RFC 7208, 4.5: more than one is a permanent error
        yield Fault(
            f"{mail_from} has {len(spf)} SPF records, which counts as none", f"{mail_from} TXT (one alone)", why
        )
    elif not spf or "include:amazonses.com" not in spf[0].lower().split():
        record = f'{mail_from} TXT "v=spf1 include:amazonses.com ~all"'
        yield Fault(f"the SPF record of {mail_from} {'does not name SES' if spf else 'is missing'}", record, why)


def _dmarc(domain: str, ask: Records) -> Iterator[Fault]:
    """The record of the domain, or of one above it."""
    labels = domain.split(".")
    for start in range(len(labels) - 1):
        above = ".".join(labels[start:])
        said = [text for text in _asked(f"_dmarc.{above}", "TXT", ask) if text.replace(" ", "").startswith("v=DMARC1")]
        if said:
            if "p=" not in said[0].replace(" ", ""):
                why = "receivers treat it as if there were none"
                yield Fault(
                    f"the DMARC record of {above} names no policy", f'_dmarc.{above} TXT "v=DMARC1; p=none"', why
                )
            return
    why = "large receivers refuse bulk mail without it, and anybody may write in your name"
    yield Fault(f"no DMARC record for {domain}", f'_dmarc.{domain} TXT "v=DMARC1; p=none"', why, serious=False)


def _asked(name: str, kind: Literal["TXT", "MX", "CNAME"], ask: Records) -> tuple[str, ...]:
    said = ask(name, kind)
    if said is None:
        raise NotCheckedError(name)
    return said
