"""What the domain name system says; None where it could not be asked, so that nothing is said of what nobody saw."""

from typing import Final, Literal

from dns.exception import DNSException
from dns.name import EmptyLabel, LabelTooLong
from dns.resolver import NXDOMAIN, NoAnswer, NoResolverConfiguration, Resolver

_SECONDS: Final = 4.0


def resolver() -> Resolver | None:
    """The resolver of this machine; None where it has none."""
    try:
        made = Resolver()
    except (NoResolverConfiguration, OSError):
        return None
    made.lifetime = made.timeout = _SECONDS
    return made


def records(name: str, kind: Literal["TXT", "MX", "CNAME"], by: Resolver | None) -> tuple[str, ...] | None:
    """The records of a name, as text; empty when there are none, None when nobody answered."""
    if by is None:
        return None
    try:
        answer = by.resolve(name, kind)
    except (NXDOMAIN, NoAnswer):
        return ()
    except (DNSException, EmptyLabel, LabelTooLong, OSError):
        return None
    if kind == "TXT":
        return tuple(b"".join(record.strings).decode("utf-8", "replace") for record in answer)
    return tuple(record.to_text().rstrip(".") for record in answer)
