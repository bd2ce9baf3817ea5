"""One machine: the engine that plays AWS, and the command line."""
