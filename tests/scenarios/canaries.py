"""Words of a made-up company that stand nowhere else, and where they may not turn up."""

import json
from collections.abc import Iterable
from typing import Final

from local.engine import Call, Engine, Moment

_NAMES: Final = (
    "Zzyzx Debtor", "Quixotica Payable", "Xylophona Clerk", "Wombat Street 7", "quibbling over zinc", "hold for Wxyz",
)  # fmt: skip
_ADDRESSES: Final = ("zzap@", "zzclerk@", "debtor.example", "company.example")
# Amounts as a person would write them, and as we store them; a bank line holds what payers wrote.
_MONEY: Final = (
    "8,765,432.19", "876543219", "8765432.19", "8.765.432,19", "DE02120300000000202051", "rent for the zeppelin",
)  # fmt: skip


def found_in(texts: Iterable[str]) -> set[tuple[str, str]]:
    """Which of the words stand in these texts, and where."""
    return {(word, text[:300]) for text in texts for word in (*_NAMES, *_ADDRESSES, *_MONEY) if word in text}


def overheard(engine: Engine) -> list[str]:
    """What functions say from now on to queues and to other functions, as they say it."""
    said: list[str] = []

    def hook(call: Call) -> None:
        if call.service in ("sqs", "lambda") and call.moment is Moment.BEFORE:
            said.append(json.dumps(call.params, default=str))

    engine.faults.add(hook)
    return said
