"""The two streams of a run: how they are built, what they start from, and how they are run."""
