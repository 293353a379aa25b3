"""How a training updates parameters: optimizer, learning rates, clipping, averaging of weights."""
