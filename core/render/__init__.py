"""Mails as people read them: one model per message, formatted values in it, then subject, text and HTML."""
