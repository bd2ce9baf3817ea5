"""Every message with believable values, for people to look at before a customer does."""
