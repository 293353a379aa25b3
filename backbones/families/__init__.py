"""One file for each family of networks; `backbones.catalogue` names them."""
