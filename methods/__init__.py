"""How two streams learn together, and how their outputs become one prediction. Imports no torch."""
