"""The papers' figures and those of runs, as data first and then drawn. No torch."""
