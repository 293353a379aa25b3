"""A run's configuration: its schema, the presets, how one is resolved, compared and typed again."""
