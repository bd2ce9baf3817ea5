"""What will happen if nothing changes: coming nights, played through on the core alone."""
