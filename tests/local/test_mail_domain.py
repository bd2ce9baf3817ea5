"""What the domain name system says of a sender domain, asked of a real server; no engine holds the clock here."""

import socketserver
import threading

import dns.message
import dns.rrset
import pytest
from dns.resolver import Resolver

from local import mail_domain
from local.dns_records import records

DOMAIN, FROM, REGION = "mail.acme.example", "bounce.mail.acme.example", "eu-west-1"
Zone = dict[tuple[str, str], tuple[str, ...]]
WHOLE: Zone = {
    (f"t1._domainkey.{DOMAIN}", "CNAME"): ("t1.dkim.amazonses.com",),
    (FROM, "MX"): ("10 feedback-smtp.eu-west-1.amazonses.com",),
    (FROM, "TXT"): ("v=spf1 include:amazonses.com ~all",),
    ("_dmarc.acme.example", "TXT"): ("v=DMARC1; p=none",),  # of the domain above
}


def faults(**changes: tuple[str, ...]) -> list[str]:
    zone: Zone = {**WHOLE}
    for key, value in changes.items():
        name, _, kind = key.partition(" ")
        zone[name, kind] = value
    asked = mail_domain.faults(DOMAIN, REGION, ("t1",), FROM, lambda name, kind: zone.get((name, kind), ()))
    return [fault.found for fault in asked]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({f"t1._domainkey.{DOMAIN} CNAME": ()}, [f"no DKIM record t1._domainkey.{DOMAIN}"]),
        ({f"{FROM} MX": ("10 mx.elsewhere.example",)}, [f"MAIL FROM domain {FROM} has no MX of SES"]),
        ({f"{FROM} TXT": ()}, [f"the SPF record of {FROM} is missing"]),
        ({f"{FROM} TXT": ("v=spf1 -all",)}, [f"the SPF record of {FROM} does not name SES"]),
        ({f"{FROM} TXT": ("v=spf1 -all", "v=spf1 include:amazonses.com -all")},
         [f"{FROM} has 2 SPF records, which counts as none"]),
        ({"_dmarc.acme.example TXT": ()}, [f"no DMARC record for {DOMAIN}"]),
        ({"_dmarc.acme.example TXT": ("v=DMARC1; rua=mailto:a@b",)},
         ["the DMARC record of acme.example names no policy"]),
    ],
)  # fmt: skip
def test_records_that_receivers_look_for(changes: dict[str, tuple[str, ...]], expected: list[str]) -> None:
    assert faults(**changes) == expected


def test_what_nobody_answers_is_not_judged() -> None:
    with pytest.raises(mail_domain.NotCheckedError):
        list(mail_domain.faults(DOMAIN, REGION, (), "", lambda _name, _kind: None))


class _Answers(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        query = dns.message.from_wire(self.request[0])
        answer, (question,) = dns.message.make_response(query), query.question
        if question.name.to_text() == "a.example.":
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", "TXT", '"v=spf1 " "-all"'))
        self.request[1].sendto(answer.to_wire(), self.client_address)


def test_records_are_asked_of_a_real_server_and_silence_is_no_answer() -> None:
    with socketserver.UDPServer(("127.0.0.1", 0), _Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        by = Resolver(configure=False)
        by.nameservers, by.port = ["127.0.0.1"], server.server_address[1]
        assert records("a.example", "TXT", by) == ("v=spf1 -all",)
        assert records("b.example", "TXT", by) == ()
        assert records("..", "TXT", by) is None
        server.shutdown()
    by.lifetime = by.timeout = 0.1
    assert records("a.example", "TXT", by) is None
    assert records("a.example", "TXT", None) is None
