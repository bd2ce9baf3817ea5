"""Names as banks write them: in capitals, cut off, with ue or u for ü. Folded so that one company reads the same."""

import re
import unicodedata
from functools import lru_cache
from itertools import islice
from typing import Final

_LETTERS: Final = str.maketrans(
    {
        "ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th",
        "\N{LATIN SMALL LETTER DOTLESS I}": "i",
    }
)  # fmt: skip
_PAIRS: Final = re.compile(r"AE|OE|UE")  # how ä, ö and ü are spelt where there are none; their dots are gone already
_WORDS: Final = re.compile(r"[^\W_]+")
_INDEXED: Final = 6  # letters of a name that the index is asked by
_READ: Final = 500  # characters of a text that may name its payer
_LONG_ENOUGH: Final = 8  # letters of a name that is no word of any other text
_CUT: Final = 20  # a payer's name so long may have been cut off. SEPA: 70 characters, MT940: 27
_SPELT: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "AE", "Ö": "OE", "Ü": "UE"})
_FORMS: Final = (
    "GMBH MBH AG KG KGAA OHG GBR UG EK EV CO COMPANY LTD LIMITED LLC LLP LP INC INCORPORATED CORP CORPORATION PLC SA "
    "SAS SARL SPRL BVBA BV NV SRL SPA SL SLU AB AS APS OY OYJ KK PTY PTE SP ZOO DOO SRO AD EOOD SE EG UND AND ET THE "
    "DER DIE DAS DE LA LE MR MRS HERR FRAU MME"
)
_STOP: Final = frozenset(_FORMS.split())


def folded(name: str) -> str:
    """Capitals without accents, ü as U however it is spelt; other scripts stay as they are."""
    spread = unicodedata.normalize("NFKD", name.casefold().translate(_LETTERS))
    plain = "".join(letter for letter in spread if not unicodedata.combining(letter)).upper()
    return _PAIRS.sub(lambda pair: pair[0][0], plain)


def words(name: str) -> tuple[str, ...]:
    """What tells one company from another: no legal form, no article, no single letter."""
    found = [word for word in _WORDS.findall(folded(name)) if len(word) > 1]
    return tuple(word for word in found if word not in _STOP) or tuple(found)


def index_key(name: str) -> str:
    """The beginning of the first telling word of a customer's name; "" where there is none."""
    return next((word[:_INDEXED] for word in words(name)), "")


def index_keys(payer: str, most: int = 4) -> tuple[str, ...]:
    """By which customers are looked up for a payer's name: banks put words in any order."""
    telling = (word for word in words(payer) if len(word) > 2 and not any(sign.isdigit() for sign in word))
    return tuple(islice(dict.fromkeys(word[:_INDEXED] for word in telling), most))


def named_in(text: str, name: str) -> int:
    """How surely free text names a customer, as `similarity`: whole, its words one after the other; 0 where not."""
    for said in _foldings(text[:_READ]):
        for own in _foldings(name):
            if f" {own} " in f" {said} " and len(own) >= _LONG_ENOUGH:
                return 95 if " " in own else 90
    return 0


@lru_cache(maxsize=4096)
def similarity(payer: str, name: str) -> int:
    """How alike two names are, 0 to 100: word by word, the better of both foldings of umlauts."""
    from rapidfuzz import fuzz

    best = 0
    for one in _foldings(payer):
        for other in _foldings(name):
            if len(one) >= _CUT and other.startswith(one):
                return 98
            best = max(best, round(fuzz.token_sort_ratio(one, other)))
    return best


@lru_cache(maxsize=4096)
def _foldings(name: str) -> tuple[str, ...]:
    from anyascii import anyascii

    made = (anyascii(name), anyascii(name.translate(_SPELT)), folded(name))
    return tuple(dict.fromkeys(" ".join(words(one)) for one in made))
