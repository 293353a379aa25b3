"""Studies: a plan with a fixed number of pairs and seeds, made before its runs."""
