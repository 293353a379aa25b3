"""What can be said of a plan before its runs are made."""
