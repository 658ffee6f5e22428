"""`python -m hack.demo`: a Spot interruption of a whole capacity pool, watched as it happens."""
