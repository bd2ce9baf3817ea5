"""Dunning policies: data that says which step an item reaches when, and whom each step tells."""
