"""Log lines of the functions' own code are no data of a command: where a command calls that code, they are dropped."""

import io
import logging


class _Nowhere(io.TextIOBase):
    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        return len(text)


def drop_logs() -> None:
    """From here on what that code logs is printed nowhere; the local engine keeps the lines of what it runs."""
    from functions.shared.observability import logger

    for handler in logging.getLogger(logger.service).handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.stream = _Nowhere()
