"""What starts the processes of a campaign and waits for them: on this machine, or on others."""
