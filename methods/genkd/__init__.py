"""Generative knowledge distillation and the baselines of its paper."""
