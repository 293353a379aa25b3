"""How two streams' stored outputs become one prediction: one file per rule."""
