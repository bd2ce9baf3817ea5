"""What NetSuite is told of events: the level and the hold on its customer record, and a line among its activities.

Source: Oracle's help pages of the REST record service: PATCH of a record by its id, PUT of one by `eid:` and an
external id, which makes a second telling the same record. The fields are custom ones: a source says their names.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

_RECORD: Final = "/services/rest/record/v1"
_LEVEL: Final = "custentity_pastdue_level"
_HOLD: Final = "custentity_pastdue_hold"
_ACTIVITY: Final = "task"
_HOLDS: Final = {"credit_hold.set": True, "credit_hold.lifted": False}
_TITLES: Final = {
    "notice.sent": "Payment reminder sent",
    "notice.bounced": "Payment reminder came back",
    "promise.made": "Payment promised",
    "promise.kept": "Promise to pay kept",
    "promise.broken": "Promise to pay broken",
    "dispute.opened": "Invoice disputed",
    "dispute.closed": "Dispute closed",
    "credit_hold.set": "Credit hold set",
    "credit_hold.lifted": "Credit hold lifted",
    "charge.posted": "Late charge posted",
    "charge.taken_back": "Late charge taken back",
}


class Write(NamedTuple):
    """One request that changes something; made twice it changes nothing more."""

    method: str
    path: str
    body: Mapping[str, Any]


def writes(kind: str, data: Mapping[str, Any], event: str, settings: Mapping[str, Any]) -> list[Write]:
    """The requests of one event; none where it says nothing to NetSuite.

    Args: `settings` of the source, whose `write_back` names `level`, `hold` and `activity`; null leaves one out.
    """
    named = {"level": _LEVEL, "hold": _HOLD, "activity": _ACTIVITY, **settings.get("write_back", {})}
    customer, fields = str(data["customer"]), dict[str, Any]()
    if not (customer.isascii() and customer.isdecimal()):
        return []  # of another source, or made to lead elsewhere: "7/../../vendor/12" is a path
    if kind == "notice.sent" and named["level"] and data.get("level") is not None:
        fields[named["level"]] = data["level"]
    if kind in _HOLDS and named["hold"]:
        fields[named["hold"]] = _HOLDS[kind]
    found = [Write("PATCH", f"{_RECORD}/customer/{customer}", fields)] if fields else []
    if kind in _TITLES and named["activity"]:
        said = ", ".join(
            f"{name} {value}" for name, value in sorted(data.items()) if name not in ("entity", "customer")
        )
        body = {"title": _TITLES[kind], "message": said, "company": {"id": customer}, "status": {"id": "COMPLETE"}}
        found.append(Write("PUT", f"{_RECORD}/{named['activity']}/eid:{event}", body))
    return found
