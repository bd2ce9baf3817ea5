"""`pastdue api`: the API on this machine, by the real handler, over a local state."""

from typing import Annotated

import typer

from local.cli.errors import CliError
from local.cli.options import DEFAULT_STATE, AsJson, State
from local.cli.output import hint, say, show
from local.cli.target import target


def api(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Where it listens; 0 for any.")] = 8080,
    once: Annotated[int, typer.Option("--requests", min=0, help="Stop after so many requests; 0 for never.")] = 0,
    as_json: AsJson = False,  # noqa: ARG001 - remembered by its callback
    state: State = DEFAULT_STATE,
) -> None:
    """Serve the API at http://127.0.0.1 until it is interrupted; what was written then stays in the state."""
    with target(state) as found:
        from functions.shared.store import tokens
        from local.http_server import serving

        if found.engine is None:
            raise CliError("the API of a stack is served by AWS", "pastdue api --help")
        with serving(found.engine, port) as server:
            address = f"http://127.0.0.1:{server.server_port}"
            say(f"listening at {address}; stop with Ctrl-C")
            if not any(token.good(found.now) for token in tokens.listed()):
                say("no token is good for it: stop, make one, and begin again; the state has one user at a time")
                hint(found.command("token create --entity ID --scope accounts:read"))
            handled = 0
            try:
                while not once or handled < once:
                    server.handle_request()
                    handled += 1
            except KeyboardInterrupt:
                say("stopped")
        show("api", {"address": address, "requests": handled}, f"{handled} requests")
