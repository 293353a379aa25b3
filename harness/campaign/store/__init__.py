"""Runs of machines that share no disk, kept in a store: a bucket, or whatever fsspec writes to."""
