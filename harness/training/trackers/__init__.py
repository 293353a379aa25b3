"""Trackers: where a run's numbers go besides `events.jsonl`, each into its own store on this machine."""
