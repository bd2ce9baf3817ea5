"""One account, one policy, one date -> one decision. Pure, total, and every answer carries its reason."""
