"""What runs stored of their streams, read by NumPy, and the means of several runs' outputs."""
