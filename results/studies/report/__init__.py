"""A study's report: what it found, as a page, a text or rows."""
