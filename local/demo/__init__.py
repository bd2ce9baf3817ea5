"""A believable company that lives ninety days on the local engine."""
