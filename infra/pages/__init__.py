"""Messages looked at as pages: in a browser, and against what mail programs are known to support."""
