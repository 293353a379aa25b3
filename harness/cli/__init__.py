"""The command line, one file for each command. Imported last: nothing imports from here."""
