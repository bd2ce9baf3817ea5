"""What only the sender adds to a message: signed links, an address that leads replies back, a code, a conversation."""

from collections.abc import Sequence
from dataclasses import field
from typing import Final, Literal

from core.decide.model import NoticePlan, Setting
from core.keys import stable_id
from core.ledger import Customer
from core.render.clean import web_link
from core.render.compose import transfer_of
from core.render.messages import Action, CustomerMail, MailKind
from core.values import dataclass, replace
from functions.shared.wire_form import Attachment, wire_address

_What = Literal["pay", "promise", "plan", "dispute", "paid", "wrong-person"]
_LATE: Final[tuple[_What, ...]] = ("pay", "promise", "plan", "dispute", "paid", "wrong-person")
_NOT_LATE: Final[tuple[_What, ...]] = ("pay", "dispute", "wrong-person")
_GIFT: Final[tuple[_What, ...]] = ("pay", "wrong-person")
_CONVERSATION: Final = 8  # of the oldest invoices; more would not fit into a header of SES


@dataclass(frozen=True, slots=True)
class Additions:
    """What goes with one mail; nothing by itself, where the entity has no page and receives no mail."""

    actions: tuple[Action, ...] = ()
    page_url: str | None = None  # the account's own page; without a signature the address would lead nowhere
    preferences_url: str | None = None
    reply_to: str | None = None  # None: the named person
    headers: dict[str, str] = field(default_factory=dict)
    pictures: tuple[Attachment, ...] = ()

    def put_into(self, mail: CustomerMail) -> CustomerMail:
        """The message with its links and its picture."""
        return replace(
            mail,
            actions=self.actions or mail.actions,
            page_url=self.page_url,
            page_host=mail.page_host if self.page_url else None,
            preferences_url=self.preferences_url,
            qr=self.pictures[0].content_id if self.pictures else None,
        )

    def shown_in(self, html: str) -> tuple[Attachment, ...]:
        """The pictures that the HTML really shows; words of the company's own may leave them out."""
        return tuple(one for one in self.pictures if f"cid:{one.content_id}" in html)


def additions(plan: NoticePlan, setting: Setting, customer: Customer) -> Additions:
    """Everything for the message of one notice; a letter gets nothing, a text no picture, a copy no link."""
    if plan.channel == "letter":
        return Additions()
    items = [line.item for line in (*plan.overdue, *plan.coming_due)]
    found = around(plan.id, items, setting, customer, None if plan.copy_of is not None else _offered(plan))
    return replace(found, pictures=_pictures(plan, setting, customer) if plan.channel == "email" else ())


def around(
    notice_id: str, items: Sequence[str], setting: Setting, customer: Customer, offered: tuple[_What, ...] | None = ()
) -> Additions:
    """What goes around any mail to a customer: where to answer, its conversation, contact preferences.

    Args: `items` that it is about, the oldest first; `offered` links beside, None where there must be no link at all.
    """
    entity, plain = setting.entity, Additions(headers=_conversation(items, setting))
    if entity.page_url is None and entity.reply_domain is None:
        return plain
    from functions.shared import links  # most entities have neither

    if entity.reply_domain is not None:
        plain = replace(plain, reply_to=links.reply_address(notice_id, entity.reply_domain))
    page = web_link(entity.page_url)
    if page is None or offered is None:
        return plain
    claims = links.Claims(entity.id, customer.id, notice_id)
    preferences = links.link(page[0], links.Purpose.PREFERENCES, claims)
    return replace(
        plain,
        actions=tuple(Action(what, links.link(page[0], links.Purpose(what), claims)) for what in offered),
        page_url=links.link(page[0], links.Purpose.VIEW, claims),
        preferences_url=preferences,
        headers={
            **plain.headers,
            "List-Unsubscribe": f"<{preferences}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",  # RFC 8058
        },
    )


def _offered(plan: NoticePlan) -> tuple[_What, ...]:
    if plan.template == MailKind.DONATION:
        return _GIFT
    return _LATE if plan.overdue else _NOT_LATE


def _pictures(plan: NoticePlan, setting: Setting, customer: Customer) -> tuple[Attachment, ...]:
    code = transfer_of(plan, setting.entity, customer) if setting.entity.mail_qr else None
    if code is None:
        return ()
    content_id = f"code.{plan.id}@{_domain(setting)}"
    return (Attachment("code.png", "image/png", code.png(), content_id=content_id),)


def _conversation(items: Sequence[str], setting: Setting) -> dict[str, str]:
    """Mails about the same invoices belong together: each names the invoices as the messages that it follows.

    SES gives every mail an id of its own, so the ones named here are of no mail; programs that thread by references put
    mails with a common one together all the same (RFC 5256, REFERENCES). An answer brings them back to us.
    """
    made = [stable_id("invoice", setting.deployment, setting.entity.id, item) for item in items[:_CONVERSATION]]
    ids = [f"<{one}@{_domain(setting)}>" for one in made]
    return {"References": " ".join(ids), "In-Reply-To": ids[-1]} if ids else {}


def _domain(setting: Setting) -> str:
    return wire_address(setting.entity.sender or "ar@localhost.invalid").rpartition("@")[2]
