"""What the product costs in time, memory and requests: `python -m bench` prints it, and asserts nothing."""
