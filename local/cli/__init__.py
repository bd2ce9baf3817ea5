"""The command line: data on stdout, everything else on stderr, and every error names the next command to try."""
