"""What the settings of a command are laid over: a preset, or a configuration file."""
