"""Reads what banks send: MT940, MT942, camt.052, camt.053, camt.054, BAI2, and CSV with a saved layout."""

from core.formats.bank.layout import BankLayout, load_layout
from core.formats.bank.read import read_statements

__all__ = ["BankLayout", "load_layout", "read_statements"]
