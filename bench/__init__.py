"""How fast it is, measured on a local cluster: `python -m bench`. Nothing here is asserted."""
