"""What a measured process starts with; this folder alone is on its path, and not the bench."""
