"""Trained networks as files that need no harness: torch.export, ONNX, safetensors, checked on real clips."""
