"""The fixtures of these tests."""

from tests.one_engine import engine, opened

__all__ = ["engine", "opened"]
