"""What field 86 says of a payment: the German sub-fields, words between slashes as SWIFT has them, or free text."""

import re
from dataclasses import field
from functools import cache
from typing import Any, Final

from core.formats.bank.references import found_in, unique
from core.values import dataclass

_WIDTH: Final = 65  # a full line of a SWIFT text: what follows it goes on without a blank
_GERMAN: Final = re.compile(r"\d{3}([^\w\s])(?=\d{2})")
_KEYWORD: Final = re.compile(r"(?:EREF|KREF|MREF|CRED|DEBT|SVWZ|ABWA|ABWE|COAM|OAMT|PURP|MDAT)\+")
_MONEY: Final = re.compile(r"\s*([A-Z]{3})\s*(\d{1,15}(?:[.,]\d{0,3})?)")
# SEPA transfers and debits that come back. Source: DK, business transaction codes
_RETURNS: Final = frozenset({"108", "109", "159"})
_NOTHING: Final = frozenset({"NOTPROVIDED", "NONREF", ""})
# Words of structured texts; what follows one, up to the next, is its value.
_WORDS: Final = frozenset(
    {
        *("EREF", "ROC", "PREF", "RFB", "REMI", "INV", "CINV", "NAME", "IBAN", "BIC", "BENM", "ORDP", "CNTP", "RTRN"),
        *(
            "MARF",
            "CSID",
            "ISDT",
            "PURP",
            "TRTP",
            "SVCL",
            "OCMT",
            "EXCH",
            "CHGS",
            "ULTD",
            "ULTC",
            "ADDR",
            "TRCD",
            "BUSP",
        ),
    }
)
_SLASHED: Final = re.compile(r"/(" + "|".join(sorted(_WORDS)) + r")/")


@dataclass(slots=True)
class Details:
    """Field 86 as values."""

    name: str | None = None
    account: str | None = None
    text: str = ""
    references: list[str] = field(default_factory=list)
    end_to_end: str | None = None
    reason: str | None = None  # of a return, as ISO 20022 codes it
    reversal: bool = False
    code: str | None = None  # the bank's code of the transaction, where the field begins with it
    on_behalf_of: str | None = None
    instructed: tuple[str, str] | None = None  # currency and amount as written
    charges: tuple[str, str] | None = None

    def all_references(self) -> tuple[str, ...]:
        """Those that are named as such, and those that the text holds."""
        return unique([*self.references, *found_in(self.text)])


def read_details(lines: list[str]) -> Details:
    """Field 86 in whichever of its three shapes."""
    if not lines:
        return Details()
    packed = "".join(line.strip("\r\n") for line in lines)
    german = _GERMAN.match(packed)
    if german is not None:
        return _german(packed if german[1] == "?" else packed.replace(german[1], "?"))
    if _SLASHED.match(packed) or len(_SLASHED.findall(packed)) > 1:
        return _slashed(packed)
    return Details(text=joined(lines))


def joined(lines: list[str]) -> str:
    """Lines as the running text that they were before they were cut at the width of the field."""
    text = ""
    for line in lines:
        text += line if len(line) >= _WIDTH else line + " "
    return tidy(text)


def tidy(text: str | None) -> str:
    """One blank between words."""
    return " ".join((text or "").split())


@cache
def _library() -> Any:
    from mt940 import Options, models

    return models.Transactions(options=Options.all())


def _german(packed: str) -> Details:
    from mt940.processors import transaction_details_post_processor as sub_fields

    context = _library()
    given = {"transaction_details": packed}
    said: dict[str, str | None] = sub_fields(context, context.tags[86], given, dict(given))
    purpose = said.get("purpose") or ""
    raw = _purpose(packed)
    keyword = _KEYWORD.search(raw)
    if keyword is not None:
        purpose = f"{raw[: keyword.start()]} {purpose if 'SVWZ+' in raw else ''}"
    end_to_end = tidy(said.get("end_to_end_reference")) or None
    code = tidy(said.get("transaction_code")) or None
    return Details(
        name=tidy(said.get("applicant_name")) or None,
        account="".join((said.get("applicant_iban") or said.get("gvc_applicant_iban") or "").split()) or None,
        text=tidy(f"{purpose} {said.get('additional_purpose') or ''}"),
        end_to_end=None if (end_to_end or "") in _NOTHING else end_to_end,
        code=code,
        reversal=code in _RETURNS,
        on_behalf_of=tidy(said.get("deviate_applicant")) or None,
        instructed=_money(said.get("original_amount")),
        charges=_money(said.get("compensation_amount")),
    )


def _purpose(packed: str) -> str:
    """The sub-fields 20 to 29 as they run on."""
    parts = re.split(r"\?(\d\d)", packed)
    return "".join(text for number, text in zip(parts[1::2], parts[2::2], strict=True) if number.startswith("2"))


def _money(text: str | None) -> tuple[str, str] | None:
    found = _MONEY.match(text or "")
    return (found[1], found[2].replace(".", ",")) if found else None


def _slashed(packed: str) -> Details:
    parts = _SLASHED.split(packed)
    said = dict[str, str]()
    for word, value in zip(parts[1::2], parts[2::2], strict=True):
        said[word] = f"{said[word]} {value.strip()}" if word in said else value.strip()
    details = Details(
        name=tidy(said.get("NAME", "").strip("/")) or None, account=said.get("IBAN", "").strip("/") or None
    )
    _counterparty(details, said)
    _remittance(details, said.get("REMI", "").strip("/"))
    details.text = tidy(f"{parts[0]} {details.text}")
    details.references += [tidy(said[word].strip("/")) for word in ("RFB", "INV", "CINV") if said.get(word)]
    end_to_end = tidy((said.get("EREF") or said.get("ROC") or "").strip("/"))
    details.end_to_end = None if end_to_end in _NOTHING else end_to_end
    details.reason = said.get("RTRN", "").strip("/").partition("/")[0].strip() or None
    details.reversal = "RTRN" in said
    details.instructed = _money(said.get("OCMT", "").strip("/"))
    details.charges = _money(said.get("CHGS", "").strip("/"))
    return details


def _counterparty(details: Details, said: dict[str, str]) -> None:
    """CNTP: account, bank, name and town of the other side in one."""
    if "CNTP" in said:
        parts = [*said["CNTP"].split("/"), "", "", ""]
        details.account, details.name = (
            details.account or parts[0].strip() or None,
            details.name or tidy(parts[2]) or None,
        )


def _remittance(details: Details, text: str) -> None:
    """REMI: words after USTD, a reference after STRD, or just words."""
    kind, _, rest = text.partition("/")
    if kind == "STRD":
        details.references += [part.strip() for part in rest.split("/")[1:] if part.strip()]
        details.text = tidy(rest.rpartition("/")[2])
    else:
        details.text = tidy(rest.strip("/") if kind == "USTD" else text)
