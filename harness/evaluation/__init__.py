"""Trained streams on test videos: outputs, fusion rules, metrics, predictions."""
