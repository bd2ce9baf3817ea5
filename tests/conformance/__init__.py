"""What other dunning systems are tested to do, held against the core. See docs/reference/conformance.md."""
