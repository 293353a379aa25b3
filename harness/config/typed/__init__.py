"""What users type: names of settings, their values, and what is said where they are wrong."""
