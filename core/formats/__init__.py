"""Readers of what others write: ledgers as JSON lines or CSV, and how a reader says what is wrong with them."""
