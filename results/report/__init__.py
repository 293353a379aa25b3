"""The report: a static site of verdicts, tables, figures, runs and test videos. No torch."""
