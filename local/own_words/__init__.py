"""A company's own words as files: read, tried out and saved without a deployment."""
