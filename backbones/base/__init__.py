"""What all four packages build on: errors, registries, plug-ins, contract rules. Imports no torch."""
