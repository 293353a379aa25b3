"""What is trained before a joint training, and how a command names it."""
