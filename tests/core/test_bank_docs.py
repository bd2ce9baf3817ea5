"""The page on bank files says what the code does."""

import re

from core.formats.bank import BankLayout, load_layout
from core.formats.bank.layout import BankColumns
from core.formats.bank.swift_line import _form
from core.formats.errors import Code
from tests.core.test_formats_docs import examples, named, page

PAGE = "bank-files.md"


def test_every_key_of_a_layout_is_described() -> None:
    words = named(page(PAGE))
    assert {key for model in (BankLayout, BankColumns) for key in model.model_fields} - words == set()
    (example,) = examples(page(PAGE), "yaml")
    assert isinstance(load_layout(example), BankLayout)


def test_every_code_of_the_page_is_one_and_those_of_bank_files_are_there() -> None:
    codes = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", page(PAGE)))
    assert codes <= set(Code)
    own = list(Code)[list(Code).index(Code.UNKNOWN_FORMAT) : list(Code).index(Code.NOT_TAKEN) + 1]
    assert {code.value for code in own} <= codes


def test_the_librarys_field_61_still_has_the_parts_that_are_widened() -> None:
    assert "[RE]?[DC]" in _form().pattern
    assert "[\\s\\S]*" in _form().pattern
    assert "[^\\n/]+(?=//)" in _form().pattern
