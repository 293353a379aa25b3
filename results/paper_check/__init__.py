"""Checks of a paper's folder before anything is trained, and the skeleton that a new one begins with."""
