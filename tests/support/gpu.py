"""Tests that need a GPU are passed over where there is none, and say so."""

import pytest
import torch

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU that this torch can use")
