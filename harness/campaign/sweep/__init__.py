"""Sweeps: settings chosen on validation videos, as many trials for each arm, the chosen ones tested once."""
