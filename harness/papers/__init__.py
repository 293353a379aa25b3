"""Folders of papers: where they lie, their `paper.yaml`, and strict reading of YAML and CSV. No torch."""
