"""Records by the ten thousand: packed, kept in one file of the cache, and read field by field. No torch."""
