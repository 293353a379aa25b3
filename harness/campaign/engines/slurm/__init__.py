"""Campaigns as jobs of SLURM, by submitit. No torch."""
