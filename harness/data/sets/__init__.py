"""The data sets, one file each; `harness.data.registry` names them."""
