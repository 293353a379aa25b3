"""What a paper's own experiments would cost on GPUs, and which of its orders are decided first."""
