"""The values that every room speaks: frozen, stdlib only, no clock, no I/O."""
