"""The resolver, how its answers look, and what each route has in common."""

from http import HTTPStatus
from typing import Any, Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from pydantic import BaseModel

from functions.ingest_api import bodies, place
from functions.ingest_api.answers import Problem, Stored
from functions.ingest_api.gate import Caller
from functions.ingest_api.mistakes import mistakes
from functions.ingest_api.once import Answer
from functions.ingest_api.place import Outcome, Place
from functions.ingest_api.problems import MEDIA_TYPE, ProblemError, not_found, unfit
from functions.shared.batches import place_of
from functions.shared.observability import LogEvent, count, log
from functions.shared.outages import is_outage
from functions.shared.store.accounts import LostRaceError
from functions.shared.store.tokens import Scope

JSON: Final = "application/json"
app: Final = APIGatewayHttpResolver(
    enable_validation=True, json_body_deserializer=bodies.loads, response_validation_error_http_code=500
)

WORDS: Final = {
    400: "not JSON, a header is missing, or a page token is not good",
    401: "no token, or one that is over",
    403: "the token has not the scope",
    404: "unknown, or not for this token",
    409: "it does not go with what is stored, or the Idempotency-Key was used for another request",
    412: "not in the state that was named",
    413: "the body is too large",
    415: "not JSON in UTF-8",
    422: "the body does not fit; `errors` says where",
    429: "too many requests; come again after Retry-After seconds",
    500: "a fault of ours",
    503: "for now; the same request may come again",
}


def problems(*statuses: int) -> dict[int, Any]:
    """The problems that a route may answer, for its description."""
    always = {400, 401, 403, 404, 429, 500, 503}
    return {
        status: {"description": WORDS[status], "content": {MEDIA_TYPE: {"model": Problem}}}
        for status in sorted(always | set(statuses))
    }


def described(model: type[BaseModel], words: str, status: int = 200, *failures: int) -> dict[int, Any]:
    """The good answer of a route, and its problems."""
    return {status: {"description": words, "content": {JSON: {"model": model}}}, **problems(*failures)}


def caller() -> Caller:
    """Who asks."""
    found: Caller = app.context["caller"]
    return found


def here(entity: str, scope: Scope) -> Place:
    """The entity of a path, for a caller who may do this there."""
    caller().may(scope)
    return place.open_place(entity, caller(), app.context["now"])


def shown(model: BaseModel, *, tag: str | None = None, status: int = 200) -> Answer:
    """A good answer."""
    headers = {"etag": tag} if tag else {}
    return Response(status, JSON, model.model_dump_json(), headers=headers)


def stored(key: str, done: Outcome) -> Answer:
    """What became of one record."""
    count(f"api_{done.status}")
    status = HTTPStatus.CREATED if done.status == "created" else HTTPStatus.OK
    said = Stored(
        id=key, status=done.status, etag=done.tag, bank_entry=done.bank_entry, on_account=done.on_account
    )  # fmt: skip
    return shown(said, tag=done.tag, status=int(status))


# ---------- what goes wrong ----------
@app.exception_handler(ProblemError)  # type: ignore[untyped-decorator]  # Powertools names no types here
def on_problem(problem: ProblemError) -> Response[str]:
    """A request that was refused."""
    return problem.response()


@app.not_found
def on_unknown_route(_: NotFoundError) -> Response[str]:
    """As any unknown thing."""
    return not_found().response()


@app.exception_handler(RequestValidationError)  # type: ignore[untyped-decorator]  # Powertools names no types here
def on_unfit(wrong: RequestValidationError) -> Response[str]:
    """A header or query is a bad request, a path is unknown, a body does not fit."""
    errors = list(wrong.errors())
    where = {str(error["loc"][0]) for error in errors if error["loc"]}
    if "path" in where:
        return not_found().response()
    if where & {"header", "query"}:
        names = ", ".join(sorted({str(error["loc"][-1]) for error in errors if error["loc"][0] in ("header", "query")}))
        missing = all(error["type"] == "missing" for error in errors)
        code = "MISSING" if missing else "PARAMETER"
        return ProblemError(HTTPStatus.BAD_REQUEST, code, f"missing or not allowed: {names}").response()
    body = app.current_event.json_body
    return unfit(mistakes(errors, body)).response()


@app.exception_handler(Exception)  # type: ignore[untyped-decorator]  # Powertools names no types here
def on_fault(error: Exception) -> Response[str]:
    """Everything else."""
    return fault(error).response()


def fault(error: Exception) -> ProblemError:
    """What is told of an error: to the log its kind and place, since a message may hold what a log must not."""
    if is_outage(error) or isinstance(error, LostRaceError):
        log(LogEvent.API_OUTAGE, error=type(error).__name__, place=place_of(error))
        detail = "not now; the same request may come again, with the same Idempotency-Key"
        return ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "NOT_NOW", detail, headers={"retry-after": "2"})
    log(LogEvent.API_FAULT, error=type(error).__name__, place=place_of(error))
    return ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, "FAULT", "a fault of ours; it was noted")
