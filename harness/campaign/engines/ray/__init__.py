"""Campaigns on a cluster of Ray. No torch."""
