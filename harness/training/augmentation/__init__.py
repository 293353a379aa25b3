"""What changes the clips of a batch while it is trained on."""
