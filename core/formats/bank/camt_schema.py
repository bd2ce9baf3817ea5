"""The elements of camt.052, camt.053 and camt.054 that are read here, as versions 001.02 to 001.12 write them."""

from pydantic_xml import BaseXmlModel, attr, element, wrapped


class _Xml(BaseXmlModel, search_mode="unordered"):
    """Elements in any order; those that are not named are passed over."""


class Amount(_Xml):
    """An amount with its currency."""

    value: str = ""
    currency: str = attr(name="Ccy", default="")


class Day(_Xml):
    """A date, or a date and a time."""

    on: str | None = element(tag="Dt", default=None)
    at: str | None = element(tag="DtTm", default=None)

    @property
    def text(self) -> str:
        return ((self.on or self.at) or "").strip()


class Coded(_Xml):
    """A code of the standard or of the bank; before version 08 a status is the bare text."""

    bare: str | None = None
    code: str | None = element(tag="Cd", default=None)
    own: str | None = element(tag="Prtry", default=None)

    @property
    def text(self) -> str:
        return (self.code or self.own or self.bare or "").strip()


class AccountId(_Xml):
    """An IBAN or another number."""

    iban: str | None = element(tag="IBAN", default=None)
    other: str | None = wrapped("Othr", element(tag="Id", default=None))

    @property
    def text(self) -> str:
        return self.iban or self.other or ""


class Account(_Xml):
    """An account and its currency."""

    id: AccountId | None = element(tag="Id", default=None)
    currency: str | None = element(tag="Ccy", default=None)

    @property
    def number(self) -> str:
        return self.id.text if self.id else ""


class Party(_Xml):
    """Who it is; from version 08 on within a choice of party and bank."""

    bare: str | None = element(tag="Nm", default=None)
    party: str | None = wrapped("Pty", element(tag="Nm", default=None))
    bank: str | None = wrapped("Agt/FinInstnId", element(tag="Nm", default=None))

    @property
    def name(self) -> str:
        return self.bare or self.party or self.bank or ""


class Parties(_Xml):
    """The two sides of a payment, and whom they stand for."""

    debtor: Party | None = element(tag="Dbtr", default=None)
    debtor_account: Account | None = element(tag="DbtrAcct", default=None)
    for_debtor: Party | None = element(tag="UltmtDbtr", default=None)
    creditor: Party | None = element(tag="Cdtr", default=None)
    creditor_account: Account | None = element(tag="CdtrAcct", default=None)
    for_creditor: Party | None = element(tag="UltmtCdtr", default=None)


class Refs(_Xml):
    """What the payment is called along its way."""

    end_to_end: str | None = element(tag="EndToEndId", default=None)
    bank: str | None = element(tag="AcctSvcrRef", default=None)
    payment: str | None = element(tag="PmtInfId", default=None)
    transaction: str | None = element(tag="TxId", default=None)


class Amounts(_Xml):
    """What was ordered, and what it came to."""

    instructed: Amount | None = wrapped("InstdAmt", element(tag="Amt", default=None))
    transaction: Amount | None = wrapped("TxAmt", element(tag="Amt", default=None))


class Charge(_Xml):
    """One charge."""

    amount: Amount | None = element(tag="Amt", default=None)
    side: str | None = element(tag="CdtDbtInd", default=None)


class Charges(_Xml):
    """Charges: a total and records from version 04 on, before that one charge an element."""

    total: Amount | None = element(tag="TtlChrgsAndTaxAmt", default=None)
    records: list[Charge] = element(tag="Rcrd", default=[])
    amount: Amount | None = element(tag="Amt", default=None)
    side: str | None = element(tag="CdtDbtInd", default=None)


class Document(_Xml):
    """A document that the payment refers to."""

    number: str | None = element(tag="Nb", default=None)


class Structured(_Xml):
    """Structured remittance information."""

    documents: list[Document] = element(tag="RfrdDocInf", default=[])
    reference: str | None = wrapped("CdtrRefInf", element(tag="Ref", default=None))
    more: list[str] = element(tag="AddtlRmtInf", default=[])


class Remitted(_Xml):
    """What the payment is for."""

    text: list[str] = element(tag="Ustrd", default=[])
    structured: list[Structured] = element(tag="Strd", default=[])


class Return(_Xml):
    """Why it came back."""

    reason: Coded | None = element(tag="Rsn", default=None)


class Transaction(_Xml, tag="TxDtls"):
    """One payment of an entry."""

    refs: Refs | None = element(tag="Refs", default=None)
    amount: Amount | None = element(tag="Amt", default=None)
    side: str | None = element(tag="CdtDbtInd", default=None)
    amounts: Amounts | None = element(tag="AmtDtls", default=None)
    charges: list[Charges] = element(tag="Chrgs", default=[])
    parties: Parties | None = element(tag="RltdPties", default=None)
    remitted: Remitted | None = element(tag="RmtInf", default=None)
    returned: Return | None = element(tag="RtrInf", default=None)
    more: str | None = element(tag="AddtlTxInf", default=None)


class Batch(_Xml):
    """How many payments the entry gathers."""

    payment: str | None = element(tag="PmtInfId", default=None)
    message: str | None = element(tag="MsgId", default=None)
    count: str | None = element(tag="NbOfTxs", default=None)


class Gathered(_Xml):
    """The details of an entry."""

    batch: Batch | None = element(tag="Btch", default=None)
    transactions: list[Transaction] = element(tag="TxDtls", default=[])


class Kind(_Xml):
    """What kind of transaction the bank calls it."""

    domain: str | None = wrapped("Domn", element(tag="Cd", default=None))
    family: str | None = wrapped("Domn/Fmly", element(tag="Cd", default=None))
    sub_family: str | None = wrapped("Domn/Fmly", element(tag="SubFmlyCd", default=None))
    own: str | None = wrapped("Prtry", element(tag="Cd", default=None))

    @property
    def text(self) -> str:
        return "/".join(part for part in (self.domain, self.family, self.sub_family) if part) or self.own or ""


class Entry(_Xml, tag="Ntry"):
    """One booking."""

    reference: str | None = element(tag="NtryRef", default=None)
    amount: Amount | None = element(tag="Amt", default=None)
    side: str | None = element(tag="CdtDbtInd", default=None)
    reversal: str | None = element(tag="RvslInd", default=None)
    status: Coded | None = element(tag="Sts", default=None)
    booked: Day | None = element(tag="BookgDt", default=None)
    value: Day | None = element(tag="ValDt", default=None)
    bank_reference: str | None = element(tag="AcctSvcrRef", default=None)
    kind: Kind | None = element(tag="BkTxCd", default=None)
    amounts: Amounts | None = element(tag="AmtDtls", default=None)
    charges: list[Charges] = element(tag="Chrgs", default=[])
    details: list[Gathered] = element(tag="NtryDtls", default=[])
    more: str | None = element(tag="AddtlNtryInf", default=None)


class Balance(_Xml):
    """One balance."""

    code: str | None = wrapped("Tp/CdOrPrtry", element(tag="Cd", default=None))
    amount: Amount | None = element(tag="Amt", default=None)
    side: str | None = element(tag="CdtDbtInd", default=None)
    day: Day | None = element(tag="Dt", default=None)


class Sum(_Xml):
    """Number and sum of entries."""

    count: str | None = element(tag="NbOfNtries", default=None)
    sum: str | None = element(tag="Sum", default=None)


class Summary(_Xml):
    """The sums of a statement."""

    all: Sum | None = element(tag="TtlNtries", default=None)
    credits: Sum | None = element(tag="TtlCdtNtries", default=None)
    debits: Sum | None = element(tag="TtlDbtNtries", default=None)


class Page(_Xml):
    """Which page of the statement it is."""

    number: str | None = element(tag="PgNb", default=None)
    last: str | None = element(tag="LastPgInd", default=None)


class Head(_Xml, tag="Statement"):
    """What stands before the entries, the same in a statement (Stmt), a report (Rpt) and a notification (Ntfctn)."""

    id: str | None = element(tag="Id", default=None)
    pages: Page | None = element(tag="Page", default=None)
    number: str | None = element(tag="ElctrncSeqNb", default=None)
    legal_number: str | None = element(tag="LglSeqNb", default=None)
    created_at: str | None = element(tag="CreDtTm", default=None)
    account: Account | None = element(tag="Acct", default=None)
    balances: list[Balance] = element(tag="Bal", default=[])
    summary: Summary | None = element(tag="TxsSummry", default=None)
