"""What a run left beside its record, and whether it still is what the record speaks of."""
