"""`pastdue remark`: who may speak in an account's messages, for how long, and how it is taken back."""

from pathlib import Path

from local.cli.errors import Exit
from tests.local.cli import pastdue


def test_a_remark_of_the_sales_owner_is_written_listed_and_taken_back(state: Path) -> None:
    here = ("--state", state)
    said = pastdue("remark", "write", "C1", "Thank you.\\n2 % for the wait.", "--by", "ann", "--json", *here)
    assert said.code == Exit.DONE
    written = said.data["id"]
    listed = pastdue("remark", "list", "C1", "--json", *here).data["remarks"]
    assert [(one["id"], one["text"]) for one in listed] == [(written, "Thank you.\n2 % for the wait.")]
    assert pastdue("remark", "take-back", "C1", written, *here).code == Exit.DONE
    assert pastdue("remark", "take-back", "C1", "nope", *here).code == Exit.FAILED
    for wrong in (("C9", "x", "--by", "ann"), ("C1", "x", "--by", "nobody"), ("C1", " ", "--by", "ann"),
                  ("C1", "x", "--by", "ann", "--message", "wraning")):  # fmt: skip
        assert pastdue("remark", "write", *wrong, *here).code == Exit.FAILED
    assert "no entity 'acne'; entities: acme" in pastdue("remark", "list", "C1", "--entity", "acne", *here).err
