"""Statistics of values that are nested in pre-trainings: intervals, orders, numbers, power."""
