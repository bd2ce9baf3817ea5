"""What `doctor` says of mail: what SES lets through, and whether receivers can see that it is ours."""

from collections.abc import Iterator
from typing import Any, Final

from local.cli.finding import Finding, Health
from local.cli.target import Target

_NEARLY_ALL: Final = 0.8  # of the daily quota


def mail(found: Target) -> Iterator[Finding]:
    """The account, and its sender domain."""
    from botocore.exceptions import ClientError

    ses = found.client("sesv2")
    yield from _account(ses.get_account())
    domain = found.sender_domain
    try:
        identity = ses.get_email_identity(EmailIdentity=domain)
    except ClientError:
        why = "SES refuses every mail of it"
        yield Finding("mail", Health.FAIL, f"{domain} is no identity of this account", "sam deploy", why)
        return
    yield _verified(found, domain, identity)


def _account(account: dict[str, Any]) -> Iterator[Finding]:
    quota = account.get("SendQuota", {})
    most, sent = quota.get("Max24HourSend", 0), quota.get("SentLast24Hours", 0)
    nearly = most > 0 and sent > _NEARLY_ALL * most
    text = f"{sent:,.0f} of {most:,.0f} recipients in 24 hours, {quota.get('MaxSendRate', 0):g} a second"
    why = "what is over the quota waits for the next day" if nearly else ""
    yield Finding("mail", Health.WARN if nearly else Health.OK, text, why=why)
    if not account.get("ProductionAccessEnabled", False):
        text = "the SES account is in the sandbox: only verified addresses get mail"
        command = "aws sesv2 put-account-details --production-access-enabled"
        yield Finding("mail", Health.WARN, text, command, "no customer can be written to")
    if not account.get("SendingEnabled", True):
        why = "nothing leaves; AWS support says what it wants"
        yield Finding("mail", Health.FAIL, "SES has paused the sending of this account", why=why)
    status = account.get("EnforcementStatus", "HEALTHY")
    if status != "HEALTHY":
        why = "too many bounces or complaints; SES pauses the account next"
        yield Finding("mail", Health.FAIL, f"SES watches this account: {status}", why=why)


def _verified(found: Target, domain: str, identity: dict[str, Any]) -> Finding:
    if bool(identity.get("VerifiedForSendingStatus")) or found.engine is not None:
        return Finding("mail", Health.OK, f"sender domain {domain} is verified")
    records = [value for key, value in found.outputs.items() if key.startswith("DkimRecord")]
    text = f"sender domain {domain} is not verified; DNS needs {'; '.join(records) or 'its DKIM records'}"
    return Finding("mail", Health.FAIL, text, why="SES refuses every mail of it")


def records(found: Target) -> Iterator[Finding]:
    """What the domain name system says of the sender domain; asked only for a deployed stack."""
    from local import dns_records, mail_domain

    domain = found.sender_domain
    if found.engine is not None:
        yield Finding("mail", Health.OK, f"SPF, DKIM and DMARC of {domain}: not checked on the local engine")
        return
    identity = found.client("sesv2").get_email_identity(EmailIdentity=domain)
    by, dkim = dns_records.resolver(), identity.get("DkimAttributes", {})
    mail_from = identity.get("MailFromAttributes", {}).get("MailFromDomain", "")
    region = found.client("sesv2").meta.region_name
    try:
        faults = list(
            mail_domain.faults(
                domain, region, tuple(dkim.get("Tokens", [])), mail_from,
                lambda name, kind: dns_records.records(name, kind, by),
            )
        )  # fmt: skip
    except mail_domain.NotCheckedError as unheard:
        text = f"SPF, DKIM and DMARC of {domain}: not checked, nobody answered for {unheard}"
        yield Finding("mail", Health.WARN, text, why="without them mail is refused or lands among spam")
        return
    for fault in faults:
        health = Health.FAIL if fault.serious else Health.WARN
        yield Finding("mail", health, fault.found, f"put into the zone: {fault.record}", fault.why)
    if not faults:
        yield Finding("mail", Health.OK, f"SPF, DKIM and DMARC of {domain} are there")
