"""What the shipped policy R0 must send, worked out again from the facts alone. Nothing here imports the product."""
