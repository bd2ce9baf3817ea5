"""Book-keeping beside the deciding: what is open, how old it is, how collecting goes, which acts books refuse.

No function and no command calls these modules. They are for whoever builds reports on the core, and the tests of other
systems hold them to account (docs/reference/conformance.md).
"""
