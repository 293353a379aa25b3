"""What networks cost: counted, measured, and foretold for a whole run."""
