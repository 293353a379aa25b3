"""Whether a record agrees with its id and with itself."""
