"""Training two streams with a method, on whatever device and number of processes."""
