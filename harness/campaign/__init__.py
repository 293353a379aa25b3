"""Many runs from one plan: which are missing, and making them one after the other."""
