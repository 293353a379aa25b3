"""Which frames of which video a stream is given, and batches of them."""
