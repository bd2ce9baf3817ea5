"""The routes that change something, beside those that put one record."""

from http import HTTPStatus

from functions.ingest_api import entries, ledger, models, puts
from functions.ingest_api.answers import Mistake, RecordSaid, RecordsSaid
from functions.ingest_api.app import app, caller, described, here, problems, shown
from functions.ingest_api.convert import RefusedError
from functions.ingest_api.once import Answer, once
from functions.ingest_api.params import CustomerId, Entity, IdempotencyKey, IfMatch, RecordId
from functions.ingest_api.place import Outcome
from functions.ingest_api.tags import Condition
from functions.shared.observability import count
from functions.shared.store.tokens import Scope


@app.delete(
    "/v1/entities/<entity>/customers/<customer>/holds/<hold>",
    responses={204: {"description": "ended"}, **problems(409, 412)},
    tags=["agreements"],
    operation_id="endHold",
)
def end_hold(
    entity: Entity, customer: CustomerId, hold: RecordId, key: IdempotencyKey, if_match: IfMatch = None
) -> Answer:
    """End a hold: yesterday was its last day."""

    def work() -> Answer:
        entries.end_hold(here(entity, Scope.AGREEMENTS_WRITE), customer, hold, Condition(if_match))
        return Answer(int(HTTPStatus.NO_CONTENT), body="", headers={})

    return once(caller().token.id, key, app.current_event.raw_event, app.context["now"], work)


@app.post(
    "/v1/entities/<entity>/records",
    responses={
        **described(RecordsSaid, "each was stored", 200, 409, 413, 415, 422),
        207: described(RecordsSaid, "some were refused; the others were stored", 207)[207],
    },
    tags=["bulk"],
    operation_id="putRecords",
)
def put_records(entity: Entity, body: models.RecordsIn, key: IdempotencyKey) -> Answer:
    """Up to 200 records of any customers. They are checked as a whole, then stored customer by customer."""

    def work() -> Answer:
        for scope in sorted({puts.SCOPES[record.type] for record in body.records}):
            caller().may(scope)
        at = here(entity, min(puts.SCOPES[record.type] for record in body.records))
        said = ledger.store(at, body.records)
        told = [_told(n, record, one) for n, (record, one) in enumerate(zip(body.records, said, strict=True))]
        refused = sum(one.status == "refused" for one in told)
        count("api_bulk_stored", len(told) - refused)
        count("api_bulk_refused", refused)
        status = HTTPStatus.MULTI_STATUS if refused else HTTPStatus.OK
        return shown(RecordsSaid(stored=len(told) - refused, refused=refused, records=told), status=int(status))

    return once(caller().token.id, key, app.current_event.raw_event, app.context["now"], work)


def _told(n: int, record: models.AnyRecord, said: Outcome | RefusedError) -> RecordSaid:
    if isinstance(said, RefusedError):
        mistake = Mistake(**said.mistake(f"/records/{n}").data())
        return RecordSaid(type=record.type, id=record.id, status="refused", error=mistake)
    return RecordSaid(
        type=record.type, id=record.id, status=said.status, etag=said.tag,
        bank_entry=said.bank_entry, on_account=said.on_account,
    )  # fmt: skip
