"""A company's own words: sentences and whole templates that stand in the place of ours, and what is refused of them."""
