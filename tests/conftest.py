"""Before torch is loaded: tests share the cores, and OpenMP threads that spin while waiting starve the others."""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "1")
