"""The harness from Python: `from harness import load, predictions, records, run, study`."""
