"""The routes that only look."""

from functions.ingest_api import accounts, payments, profiles
from functions.ingest_api.answers import AccountOut, CustomerOut, InvoiceOut, InvoicesOut, PaymentOut, WhyOut
from functions.ingest_api.app import app, described, here, shown
from functions.ingest_api.once import Answer
from functions.ingest_api.params import CustomerId, Entity, InvoiceId, Limit, Page, RecordId
from functions.shared.store.tokens import Scope

_CUSTOMER = "/v1/entities/<entity>/customers/<customer>"


@app.get(_CUSTOMER, responses=described(CustomerOut, "the customer"), tags=["customers"], operation_id="getCustomer")
def get_customer(entity: Entity, customer: CustomerId) -> Answer:
    """A customer and its contacts."""
    said, tag = profiles.read(here(entity, Scope.CUSTOMERS_READ), customer)
    return shown(said, tag=tag)


@app.get(
    f"{_CUSTOMER}/account", responses=described(AccountOut, "the account"), tags=["accounts"], operation_id="getAccount"
)
def get_account(entity: Entity, customer: CustomerId) -> Answer:
    """What a customer owes, how far dunning has come, and what was promised, contested or blocked."""
    return shown(accounts.account(here(entity, Scope.ACCOUNTS_READ), customer))


@app.get(
    f"{_CUSTOMER}/invoices", responses=described(InvoicesOut, "a page"), tags=["accounts"], operation_id="listInvoices"
)
def list_invoices(entity: Entity, customer: CustomerId, limit: Limit = 50, page: Page = None) -> Answer:
    """Open invoices, those that are due longest first."""
    return shown(accounts.invoices(here(entity, Scope.ACCOUNTS_READ), customer, limit, page))


@app.get(
    f"{_CUSTOMER}/invoices/<invoice>",
    responses=described(InvoiceOut, "the invoice"),
    tags=["accounts"],
    operation_id="getInvoice",
)
def get_invoice(entity: Entity, customer: CustomerId, invoice: InvoiceId) -> Answer:
    """One invoice, open or settled."""
    said, tag = accounts.invoice(here(entity, Scope.ACCOUNTS_READ), customer, invoice)
    return shown(said, tag=tag)


@app.get(
    f"{_CUSTOMER}/invoices/<invoice>/why",
    responses=described(WhyOut, "the reason"),
    tags=["accounts"],
    operation_id="getWhy",
)
def get_why(entity: Entity, customer: CustomerId, invoice: InvoiceId) -> Answer:
    """Why the invoice gets, or does not get, something today: the rules in the order they were tried."""
    return shown(accounts.why(here(entity, Scope.ACCOUNTS_READ), customer, invoice))


@app.get(
    f"{_CUSTOMER}/payments/<payment>",
    responses=described(PaymentOut, "the payment"),
    tags=["accounts"],
    operation_id="getPayment",
)
def get_payment(entity: Entity, customer: CustomerId, payment: RecordId) -> Answer:
    """A payment or credit note that came by this API."""
    said, tag = payments.show(here(entity, Scope.ACCOUNTS_READ), customer, payment)
    return shown(said, tag=tag)
