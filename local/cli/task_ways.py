"""What to do about tasks that no call answers: those that the program itself asks for, not a policy's step."""

from typing import Final

from local.cli.target import Target

# kind: what to do, and the command for it ("" where the work is outside of it)
WAYS: Final[dict[str, tuple[str, str]]] = {
    "find-address": ("put a mail address for it into the ledger; what is overdue goes by letter until then", ""),
    "fix-address": ("put a better address into the ledger: mails to the one that is there do not arrive", ""),
    "assign-role": ("give the role to one of our people, in people.yaml", "config apply FOLDER"),
    "apply-cash": ("say in the ledger which invoice the money is for", ""),
    "rate-missing": ("give the policy a rate for the interest that is due", "config apply FOLDER"),
    "match-payments": ("look at the payments that wait, and say what they are for", "match"),
    "fetch-statements": ("fetch the statements that are missing from the bank", "match bridge --help"),
    "delivery-doubt": ("find out whether the mail arrived, and say so", "doubts"),
    "delivery-failed": ("mend what the note says: this mail will never be taken", ""),
    "confirm-delivery": (
        "find out whether the mail before the next step arrived, or need not be waited for; done lets the step go",
        "",
    ),
    "sending-stopped": ("mend what the note says, then start the sending again", "doctor"),
    "post-letter": (
        "print the letter, post it, then say that it is done: it counts from that day",
        "tasks letter {id} --out letter.pdf",
    ),
    "approve-run": ("look at the run, then approve or reject it", "run show --help"),
    "webhook-failing": ("ask the owner of the endpoint, then send again what was given up", "webhook list"),
    "decision-failed": ("the account cannot be decided: the note names the kind of error", "doctor"),
}

# What only an answer ends, and the command that gives it: called done without one, nobody would be asked again.
ANSWERS: Final[dict[str, str]] = {
    "delivery-doubt": "doubts",
    "approve": "tasks approve {id} --by PERSON",
    "approve-run": "run show --help",
}


def way_of(kind: str) -> str:
    """What to do, in words; empty for a task that is a call or that a policy named."""
    return WAYS.get(kind, ("", ""))[0]


def next_of(kind: str, task_id: str, found: Target) -> str:
    """The command that helps with it; where none does, the one that says it is done."""
    command = WAYS.get(kind, ("", ""))[1]
    return found.command(command.format(id=task_id) if command else f"tasks done {task_id}")


def answer_of(kind: str, task_id: str, found: Target) -> str | None:
    """The command that answers what a task asks; None for one that is simply done."""
    return found.command(ANSWERS[kind].format(id=task_id)) if kind in ANSWERS else None
