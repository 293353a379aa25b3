"""Whether this machine and its packages can make a run: checks with a line and a remedy each."""
