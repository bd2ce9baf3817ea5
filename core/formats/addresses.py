"""Takes apart what stands in an address field of a ledger, and says which of it can be written to."""

import re
from email.utils import parseaddr
from functools import lru_cache
from typing import Final

_PLAIN: Final = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]"
)
_BREAK: Final = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")
_SEPARATOR: Final = re.compile(r"[;,]")
_NOBODY: Final = re.compile(r"(?i)(no|do-?not)[-_.]?reply|mailer-daemon|postmaster")


class InjectionError(ValueError):
    """A line break in an address: the start of a header that somebody else wrote."""


@lru_cache(maxsize=1024)
def addresses(text: str | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The addresses of a field, as they are written to, and the parts that are none.

    Takes `a@b.example; c@d.example` and `Name <a@b.example>`; a domain outside ASCII becomes its IDNA form. A mailbox
    that nobody reads (no-reply) counts as none.
    Raises: InjectionError for a control character.
    """
    text = (text or "").strip()
    if _BREAK.search(text):
        raise InjectionError("an address holds a line break")
    if _PLAIN.fullmatch(text) and not _NOBODY.match(text):
        return (text,), ()
    good, bad = list[str](), list[str]()
    for part in filter(None, (piece.strip() for piece in _SEPARATOR.split(text))):
        found = _one(part)
        if found is None:
            bad.append(part)
        elif found not in good:
            good.append(found)
    return tuple(good), tuple(bad)


def _one(part: str) -> str | None:
    address = parseaddr(part)[1] if "<" in part else part
    local, at, domain = address.rpartition("@")
    try:
        domain = domain if domain.isascii() else domain.encode("idna").decode()
    except UnicodeError:
        return None
    address = local + at + domain
    dots = local.startswith(".") or local.endswith(".") or ".." in local
    if dots or _NOBODY.match(local) or len(address) > 254 or not _PLAIN.fullmatch(address):
        return None
    return address
