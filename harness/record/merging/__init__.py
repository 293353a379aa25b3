"""Runs and records of machines that share nothing, put into one folder."""
