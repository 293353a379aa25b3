"""Pre-trained weights: what a file holds, where it comes from, how it is loaded."""
