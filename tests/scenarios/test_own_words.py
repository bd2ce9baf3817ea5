"""Own words of a company and of its sales people in the mails of a night; a template that fails holds its mail."""

from datetime import date, timedelta

from core.delivery import NoticeState
from core.own.text import OwnText
from core.remark import Remark
from functions.shared.store import own_words, remarks
from local.engine import Engine
from tests.scenarios.company import ENTITY, Company, at, invoice
from tests.scenarios.company import NIGHT as MONDAY


def test_own_words_hold_from_the_next_message_on(engine: Engine) -> None:
    company = Company(engine)
    company.knows(invoice("C1"), invoice("C2"))
    assert own_words.put(OwnText(language="en", sentences={"Kind regards": ("Yours & truly",)}), was=0)
    whole = "{{ customer }}: {{ asked_total }}, {{ _('How to pay') }}\n"
    assert own_words.put(OwnText(kind="friendly", language="en", entity=ENTITY, text=whole), was=0)
    company.day()
    for mail in company.mails:
        assert mail.text == "Customer One: €100.00, How to pay\n"
        assert "Yours &amp; truly" in mail.html
        assert "Kind regards" not in mail.html


def test_a_template_that_fails_holds_its_mail_until_it_is_mended(engine: Engine) -> None:
    company = Company(engine)
    company.knows(invoice())
    broken = OwnText(kind="friendly", language="en", text="{{ overdue[7].currency }}")
    assert own_words.put(broken, was=0)
    company.until(at(MONDAY, 14))
    (notice,) = company.notices()
    assert (company.mails, notice.state, notice.waits_for) == ([], NoticeState.PLANNED, "words")
    assert own_words.remove(broken.place, was=1)
    company.day()
    assert len(company.mails) == 1


def test_the_words_of_the_sales_owner_stand_in_the_mail_while_they_hold(engine: Engine) -> None:
    company = Company(engine)
    company.knows(invoice("C1"), invoice("C2"))
    until = MONDAY - timedelta(days=1)
    offer = Remark(id="r1", text="2 % for the wait.", by="sales_rep", written_on=date(2026, 3, 2))
    assert remarks.write(ENTITY, "C1", offer)
    assert remarks.write(ENTITY, "C2", offer.model_copy(update={"until_on": until}))
    company.day()
    said = {mail.to[0].split("@")[0]: mail for mail in company.mails}
    for part in (said["ap_contact.c1"].text, said["ap_contact.c1"].html):
        assert "2 % for the wait." in part
    assert "2 % for the wait." not in said["ap_contact.c2"].text
