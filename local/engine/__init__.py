"""The local engine: the real template, the real handlers, a virtual clock."""

from local.engine.engine import Engine
from local.engine.faults import Attempt, Call, Killed, Moment, client_error
from local.engine.outbox import Mail, write_folder
from local.engine.pump import NotGrantedError, Pumped
from local.engine.state import StateFolderBusyError

__all__ = [
    "Attempt",
    "Call",
    "Engine",
    "Killed",
    "Mail",
    "Moment",
    "NotGrantedError",
    "Pumped",
    "StateFolderBusyError",
    "client_error",
    "write_folder",
]
