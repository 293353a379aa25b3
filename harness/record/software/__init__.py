"""Which software makes a run: the commit of the code, versions of what decodes videos."""
