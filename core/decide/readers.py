"""Who receives: roles resolved to people, on the customer's side and on ours."""

from core.decide.model import Facts, Recipient, Setting
from core.ledger import Contact, Person, TextChannel
from core.policy.schema import Audience
from core.values import replace

ACCOUNT = "account"  # in a chain of roles: the customer's own address


def text_reader(facts: Facts, setting: Setting, roles: tuple[str, ...], channel: TextChannel) -> Recipient | None:
    """Who gets a text message: the first holder of the roles who has agreed to it.

    One message is one telephone. Returns: None where nobody has agreed, or the entity sends no texts.
    """
    sender = setting.entity.sms_sender if channel == "sms" else setting.entity.whatsapp_sender
    for role in roles if sender else ():
        for wanted in (role, *setting.policy.fallbacks.get(role, ())):
            for contact in facts.contacts:
                if wanted in contact.roles and contact.phone and channel in contact.texts:
                    return replace(recipient(facts, setting, role, contact), phone=contact.phone)
    return None


def customer_readers(
    facts: Facts, setting: Setting, roles: tuple[str, ...]
) -> tuple[tuple[Recipient, ...], tuple[str, ...]]:
    """The recipients for the roles in their order, each address once; and the roles that nobody fills."""
    found: dict[str, Recipient] = {}
    missing = []
    for role in roles:
        readers = _readers(facts, setting, role)
        if not readers:
            missing.append(role)
        for reader in readers:
            found.setdefault(reader.email.lower(), reader)
    return tuple(found.values()), tuple(missing)


def reader_by_post(facts: Facts, setting: Setting, roles: tuple[str, ...]) -> Recipient:
    """Who opens the letter of a customer without any address for mail: the company itself."""
    customer, entity = facts.customer, setting.entity
    language = customer.language or entity.language
    return Recipient("", roles[0], None, "", language=language, zone=customer.zone or entity.zone)


def _readers(facts: Facts, setting: Setting, role: str) -> list[Recipient]:
    for wanted in (role, *setting.policy.fallbacks.get(role, ())):
        if wanted != ACCOUNT:
            holders = [c for c in facts.contacts if wanted in c.roles and c.email and c.off is None]
            readers = [recipient(facts, setting, role, contact) for contact in holders]
        else:
            readers = own_address(facts, setting, role)
        if readers:
            return readers
    return []


def recipient(facts: Facts, setting: Setting, role: str, contact: Contact) -> Recipient:
    """A contact as a reader."""
    customer, entity = facts.customer, setting.entity
    language = contact.language or customer.language or entity.language
    zone = contact.zone or customer.zone or entity.zone
    return Recipient(contact.id, role, contact.name, contact.email or "", language, zone)


def own_address(facts: Facts, setting: Setting, role: str) -> list[Recipient]:
    """The customer's own address as a reader; empty where there is none, or it is switched off."""
    customer = facts.customer
    switched_off = {c.email.lower() for c in facts.contacts if c.email and c.off is not None}
    if not customer.email or customer.email.lower() in switched_off:
        return []
    entity = setting.entity
    language, zone = customer.language or entity.language, customer.zone or entity.zone
    return [Recipient("", role, None, customer.email, language, zone)]


def our_people(facts: Facts, setting: Setting, role: str) -> tuple[Person, ...]:
    """Our people in a role for this customer, or in the next role of its chain that somebody holds."""
    chain = (role, *setting.policy.fallbacks.get(role, ()))
    return next((found for wanted in chain if (found := _holders(facts, setting, wanted))), ())


def copied_people(facts: Facts, setting: Setting, audience: Audience) -> tuple[str, ...]:
    """Addresses of our people who stand in a mail to the customer: nobody, unless the step says so."""
    if not audience.copy_ours:
        return ()
    found = (person.email for role in audience.ours for person in our_people(facts, setting, role))
    return tuple(dict.fromkeys(email for email in found if email))


def _holders(facts: Facts, setting: Setting, role: str) -> tuple[Person, ...]:
    """The customer's own team first, else whoever holds the role."""
    named = facts.customer.team.get(role)
    if named is not None:
        own = tuple(person for person in setting.people if person.id == named and not _has_left(person))
        if own:
            return own
    entity = setting.entity.id
    return tuple([p for p in setting.people if role in p.roles and (not p.entities or entity in p.entities)])


def _has_left(person: Person) -> bool:
    """Nothing but a name is left of who works with us no more: a ledger may go on naming that person for years."""
    return not (person.roles or person.email or person.phone)
