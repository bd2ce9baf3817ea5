"""Ledgers of other systems, read through their interfaces and told as lines of our own format.

An adapter is one file: it asks page after page, and yields native lines. What it is asked with (addresses, keys,
repeats, pages that were read before) is the caller's business, so an adapter is pure and its test needs no network.
"""

from core.connect import netsuite, quickbooks, stripe, xero
from core.connect.adapter import Adapter, Ask, Window
from core.source import SourceKind

__all__ = ["ADAPTERS", "NAMED_BY_ID", "Adapter", "Ask", "Window"]

NAMED_BY_ID = frozenset({SourceKind.NETSUITE, SourceKind.QUICKBOOKS})  # what is deleted there
ADAPTERS: dict[SourceKind, Adapter] = {
    SourceKind.NETSUITE: netsuite.lines,
    SourceKind.STRIPE: stripe.lines,
    SourceKind.QUICKBOOKS: quickbooks.lines,
    SourceKind.XERO: xero.lines,
}
