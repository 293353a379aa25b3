"""Kinds of figures that a paper's `figures.yaml` can ask for; each shows reported and measured numbers."""
