"""How the headers of a MIME message are written."""

from email.policy import EmailPolicy
from typing import Any, Final

from functions.shared.wire_form import WIDTH

_OF_PARTS: Final = ("content-type", "content-disposition", "content-id", "content-transfer-encoding", "mime-version")


class MimePolicy(EmailPolicy):
    """As the standard library writes parts, but headers of ours stay as they were written: ASCII, folded at spaces.

    Its folding turns a word that is longer than a line into encoded words, which nobody decodes in a List-Unsubscribe;
    it loses the quotes around a long name, so that an address in it becomes the sender's; and it cuts words with =? in
    them so that they decode to something else.
    """

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        if name.lower().startswith(_OF_PARTS):
            return super().header_store_parse(name, value)
        return name, value

    def fold(self, name: str, value: Any) -> str:
        if name.lower().startswith(_OF_PARTS):
            return str(super().fold(name, value))
        lines = [f"{name}:"]
        for word in value.split(" "):
            if len(lines[-1]) + 1 + len(word) > WIDTH and lines[-1] != f"{name}:":
                lines.append("")
            lines[-1] += f" {word}"
        return "".join(f"{line}{self.linesep}" for line in lines)

    def fold_binary(self, name: str, value: Any) -> bytes:
        return self.fold(name, value).encode("ascii")


POLICY: Final = MimePolicy(linesep="\r\n", cte_type="7bit")
