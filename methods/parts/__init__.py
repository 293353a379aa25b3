"""Losses, dominance and modules that several methods share."""
