"""Setting an attribute of somebody else's class for a while."""

from contextlib import ExitStack
from typing import Any, Final

_MISSING: Final = object()


def replace(undo: ExitStack, owner: Any, name: str, value: Any) -> None:
    """Set `owner.name` until `undo` closes; what was inherited is inherited again afterwards."""
    before = vars(owner).get(name, _MISSING)

    def restore() -> None:
        if before is _MISSING:
            delattr(owner, name)
        else:
            setattr(owner, name, before)

    setattr(owner, name, value)
    undo.callback(restore)
