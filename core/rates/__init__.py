"""Statutory reference rates: dated tables with a source for each row, and which country uses which."""
