"""NetSuite by SuiteQL over REST: customers, contacts, invoices, credit memos, payments and deposits of one subsidiary.

Source: Oracle's help pages "Executing SuiteQL Queries Through REST Web Services" and "Collection Paging": POST with
`Prefer: transient`, at most 1,000 rows an answer and 100,000 a query, values as text. Pages are asked for by the last
id and not by an offset, so what changes meanwhile moves nothing and no query ends at its hundred-thousandth row.
Transaction types and amounts: CustInvc, CustCred, CustPymt, CustDep; `foreign...` is in the transaction's own currency.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from core.connect.adapter import AnswerError, Ask, Get, Line, Window, deleted, given, invoice_lines, minor, need, text

_PATH: Final = "/services/rest/query/v1/suiteql"
PAGE: Final = 1000
_CHANGED: Final = "{0}.lastmodifieddate >= TO_TIMESTAMP_TZ('{1}', 'YYYY-MM-DD\"T\"HH24:MI:SSTZH:TZM')"
_UNUSED: Final = {"CustCred": "credit_note", "CustPymt": "payment", "CustDep": "payment"}
_PAID, _VOIDED = "B", "V"  # of an invoice: paid in full, voided

_CUSTOMERS: Final = """SELECT c.id, c.entityid, c.companyname, c.altname, c.isperson, c.email, c.parent, c.salesrep,
 c.language, cur.symbol AS currency, a.country, a.addrtext
 FROM customer c LEFT JOIN currency cur ON cur.id = c.currency
 LEFT JOIN entityaddress a ON a.nkey = c.defaultbillingaddress
 WHERE {changed} AND c.id > {last} ORDER BY c.id"""
_CONTACTS: Final = """SELECT ct.id, ct.company AS customer, ct.firstname, ct.lastname, ct.email, ct.phone,
 ct.contactrole AS role FROM contact ct
 WHERE ct.isinactive = 'F' AND ct.company IS NOT NULL AND {changed} AND ct.id > {last} ORDER BY ct.id"""
_TRANSACTIONS: Final = """SELECT t.id, t.tranid, t.type, t.status, t.entity, t.voided, cur.symbol AS currency,
 TO_CHAR(t.trandate, 'YYYY-MM-DD') AS trandate, TO_CHAR(t.duedate, 'YYYY-MM-DD') AS duedate,
 TO_CHAR(t.closedate, 'YYYY-MM-DD') AS closedate,
 t.foreigntotal, t.foreignamountunpaid, t.foreignpaymentamountunused, d.name AS department
 FROM transaction t JOIN transactionline l ON l.transaction = t.id AND l.mainline = 'T'
 JOIN currency cur ON cur.id = t.currency LEFT JOIN department d ON d.id = l.department
 WHERE t.type IN ('CustInvc', 'CustCred', 'CustPymt', 'CustDep'){subsidiary} AND {changed} AND t.id > {last}
 ORDER BY t.id"""
_REMOVED: Final = """SELECT d.recordid AS id FROM deletedrecord d WHERE {changed} AND d.recordid > {last}
 ORDER BY d.recordid"""
_CHANGED_WHEN: Final = "d.deleteddate >= TO_TIMESTAMP_TZ('{0}', 'YYYY-MM-DD\"T\"HH24:MI:SSTZH:TZM')"
_THERE: Final = "SELECT t.id FROM transaction t WHERE t.id IN ({ids}) AND t.id > {last} ORDER BY t.id"
_OPEN: Final = "(t.foreignamountunpaid > 0 OR t.foreignpaymentamountunused > 0)"
# An application changes what is open of an invoice without always marking the invoice as changed.
_APPLIED: Final = "t.id IN (SELECT k.previousdoc FROM nexttransactionlinelink k WHERE {0})"


def lines(settings: Mapping[str, Any], window: Window, get: Get) -> Iterator[Line]:
    """What changed in the window; without one, everything that is open.

    Settings: `subsidiary` (internal id), `people` (employee id -> person), `contact_roles` (role id -> our role).
    """
    begin = window.begin
    changed = "1 = 1" if begin is None else _CHANGED
    since = "" if begin is None else begin.isoformat(timespec="seconds")
    subsidiary = f" AND l.subsidiary = {int(settings['subsidiary'])}" if "subsidiary" in settings else ""
    owed = _OPEN if begin is None else _changed_transactions(since)
    documents = list(_rows(get, _TRANSACTIONS.replace("{subsidiary}", subsidiary).replace("{changed}", owed), "t"))
    gone = [] if begin is None else _deleted(get, window, since)
    wanted = {str(row["entity"]) for row in documents} | {line["customer"] for line in gone}
    people: Mapping[str, str] = settings.get("people", {})
    roles: Mapping[str, str] = settings.get("contact_roles", {})
    known = _customers(get, changed.format("c", since), wanted, people)
    yield from _with_parents(known)
    for row in _all_of(get, _CONTACTS, "ct", "ct.company", changed.format("ct", since), set(known)):
        if str(row["customer"]) in known:
            yield _contact(row, roles)
    for row in documents:
        if str(row["entity"]) not in known:
            problem = f"its customer {row['entity']} is not to be seen with this role"
            raise AnswerError(f"transaction {row['id']}", problem)
        yield from _document(row)
    for line in gone:
        yield from deleted(line)


def _deleted(get: Get, window: Window, since: str) -> list[Line]:
    """What was told of transactions that are deleted.

    Ids of other kinds of records stand among the deleted ones, so what is still there is left out.
    """
    removed = _rows(get, _REMOVED.replace("{changed}", _CHANGED_WHEN.format(since)), "deletedrecord", optional=True)
    told = window.told({str(row["id"]) for row in removed})
    ids = sorted(int(key) for key in told)
    there = {
        str(row["id"])
        for at in range(0, len(ids), PAGE)
        for row in _rows(get, _THERE.replace("{ids}", ", ".join(map(str, ids[at : at + PAGE]))), "transaction")
    }
    return [line for key, line in told.items() if key not in there]


def _changed_transactions(since: str) -> str:
    applied = _APPLIED.format(_CHANGED.format("k", since))
    return f"({_CHANGED.format('t', since)} OR {applied})"


def _all_of(get: Get, query: str, table: str, key: str, changed: str, wanted: set[str]) -> Iterator[Mapping[str, Any]]:
    """Rows that changed, and rows of the wanted ones whether or not they did."""
    seen = set[str]()
    conditions = [changed] if changed != "1 = 1" else []
    ids = sorted(int(one) for one in wanted)
    conditions += [f"{key} IN ({', '.join(map(str, ids[at : at + PAGE]))})" for at in range(0, len(ids), PAGE)]
    for condition in conditions:
        for row in _rows(get, query.replace("{changed}", condition), table):
            if str(row["id"]) not in seen:
                seen.add(str(row["id"]))
                yield row


def _rows(get: Get, query: str, table: str, *, optional: bool = False) -> Iterator[Mapping[str, Any]]:
    """Every row of a query, page after page; none of one that is optional and not allowed."""
    last = -(10**9)
    while True:
        asked = Ask(_PATH, (("limit", str(PAGE)),), {"q": " ".join(query.replace("{last}", str(last)).split())},
                    {"Prefer": "transient"}, optional)  # fmt: skip
        answer = get(asked)
        if optional and answer is None:
            return
        if not isinstance(answer, dict) or not isinstance(answer.get("items"), list):
            raise AnswerError(f"SuiteQL of {table}", "the answer has no items")
        rows: list[Mapping[str, Any]] = answer["items"]
        yield from rows
        if not answer.get("hasMore") or not rows:
            return
        before, last = last, int(need(rows[-1], "id", f"SuiteQL of {table}"))
        if last <= before:
            raise AnswerError(f"SuiteQL of {table}", "a page goes no further than the one before it")


def _customer(row: Mapping[str, Any], people: Mapping[str, str]) -> Line:
    key = str(need(row, "id", "customer"))
    seller = people.get(str(row.get("salesrep")))
    address = [line.strip() for line in str(row.get("addrtext") or "").splitlines() if line.strip()]
    return given(
        t="customer",
        id=key,
        name=text(row.get("companyname")) or text(row.get("altname")) or text(row.get("entityid")) or key,
        email=text(row.get("email")),
        lang=_language(row.get("language")),
        country=text(row.get("country")),
        currency=text(row.get("currency")),
        parent=None if row.get("parent") in (None, "", key) else str(row["parent"]),
        kind="consumer" if row.get("isperson") == "T" else None,
        team={"sales_rep": seller} if seller else None,
        address=address[1:9] if len(address) > 1 else None,  # its first line is the name
    )


def _language(code: object) -> str | None:
    """NetSuite writes de_DE."""
    return text(code).replace("_", "-") if text(code) else None  # type: ignore[union-attr]


def _customers(get: Get, changed: str, wanted: set[str], people: Mapping[str, str]) -> dict[str, Line]:
    """Those that changed and the wanted ones, with their parents: who is left out is a parent no more."""
    known, sought = dict[str, Line](), set[str]()
    while wanted or changed:
        for row in _all_of(get, _CUSTOMERS, "c", "c.id", changed or "1 = 1", wanted):
            known[str(row["id"])] = _customer(row, people)
        sought |= wanted
        wanted = {str(line["parent"]) for line in known.values() if "parent" in line} - known.keys() - sought
        changed = ""
    return known


def _with_parents(known: Mapping[str, Line]) -> Iterator[Line]:
    """Customers; a parent that this role may not see is left out."""
    for line in known.values():
        yield line if line.get("parent") in known else {name: value for name, value in line.items() if name != "parent"}


def _contact(row: Mapping[str, Any], roles: Mapping[str, str]) -> Line:
    return given(
        t="contact",
        id=str(row["id"]),
        customer=str(row["customer"]),
        name=text(f"{row.get('firstname') or ''} {row.get('lastname') or ''}"),
        email=text(row.get("email")),
        phone=text(row.get("phone")),
        roles=[roles.get(str(row.get("role")), "main_contact")],
    )


def _document(row: Mapping[str, Any]) -> Iterator[Line]:
    where = f"transaction {need(row, 'id', 'transaction')}"
    currency = str(need(row, "currency", where))
    about = {"id": str(row["id"]), "customer": str(need(row, "entity", where))}
    day = str(need(row, "trandate", where))
    if row["type"] != "CustInvc":
        unused = 0 if row.get("voided") == "T" else minor(row.get("foreignpaymentamountunused") or 0, currency, where)
        yield {"t": _UNUSED[row["type"]], **about, "date": day, "currency": currency, "amount": unused}
        return
    total = minor(need(row, "foreigntotal", where), currency, where)
    line = given(
        **about,
        number=text(row.get("tranid")) or about["id"],
        issued=day,
        due=text(row.get("duedate")) or day,
        currency=currency,
        department=text(row.get("department")),
    )
    left, void = _open(row, total, currency, where), row.get("voided") == "T" or row.get("status") == _VOIDED
    yield from invoice_lines({**line, "total": total}, left, text(row.get("closedate")), void=void)


def _open(row: Mapping[str, Any], total: int, currency: str, where: str) -> int:
    """What is unpaid. NetSuite leaves it empty where nothing is, and at times on an invoice that is not approved."""
    if row.get("status") == _PAID:
        return 0
    unpaid = row.get("foreignamountunpaid")
    return total if unpaid in (None, "") else min(total, minor(unpaid, currency, where))
