"""Several processes for one run."""
