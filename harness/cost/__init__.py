"""What networks cost: counted, measured, and estimated for a whole run."""
