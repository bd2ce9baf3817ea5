"""Which law gives which late-payment interest: a reference table, points over it, and whether it stays fixed."""

from typing import Final

from core.values import dataclass

ECB: Final = "ecb-main-refinancing"
BUNDESBANK: Final = "bundesbank-base-rate"
OENB: Final = "oenb-base-rate"
BANK_OF_ENGLAND: Final = "bank-of-england-bank-rate"
TABLES: Final = (BANK_OF_ENGLAND, BUNDESBANK, ECB, OENB)


@dataclass(frozen=True, slots=True)
class Profile:
    """One country's rule for one kind of customer. `points` are percentage points over the table, as decimal text.

    `fixed_when_late`: the reference of the half-year in which the debt became late holds for the whole delay;
    otherwise the rate changes with each half-year.
    """

    table: str
    points: str
    source: str
    fixed_when_late: bool = False


_EU: Final = Profile(ECB, "8", "Directive 2011/7/EU art. 2(6), 2(7), 3(2): the least that a member state grants")
_DE: Final = Profile(BUNDESBANK, "9", "BGB 288(2), base rate of BGB 247")
_DE_CONSUMER: Final = Profile(BUNDESBANK, "5", "BGB 288(1), base rate of BGB 247")
_AT: Final = Profile(OENB, "9.2", "UGB 456: the base rate of the first day of the half-year")
_FR: Final = Profile(ECB, "10", "Code de commerce L441-10 II, where the contract names no other rate")
_FR_PUBLIC: Final = Profile(
    ECB,
    "8",
    "Code de la commande publique R2192-31: the rate of the first day of the half-year in which interest began to run",
    fixed_when_late=True,
)
_GB: Final = Profile(
    BANK_OF_ENGLAND,
    "8",
    "Late Payment of Commercial Debts (Interest) Act 1998 s. 4, 6; SI 2002/1675: the rate of the 30 June or "
    "31 December before the debt became late",
    fixed_when_late=True,
)

# Country, then kind of customer. A kind that is missing has no statutory rate here: none is assumed.
PROFILES: Final[dict[str, dict[str, Profile]]] = {
    "AT": {"business": _AT, "public": _AT},
    "DE": {"business": _DE, "public": _DE, "consumer": _DE_CONSUMER},
    "EU": {"business": _EU, "public": _EU},
    "FR": {"business": _FR, "public": _FR_PUBLIC},
    "GB": {"business": _GB, "public": _GB},
}


def known_countries() -> frozenset[str]:
    """Every code that a policy may name: countries, and `EU` for the European minimum.

    A country of the euro area without a row of its own is not read as `EU`: some keep one rate for the whole delay or
    round it. Whoever wants the minimum names it.
    """
    return frozenset(PROFILES)
