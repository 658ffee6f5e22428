"""spotdrain: empties an EC2 Spot node before EC2 takes it away."""

__version__ = "0.1.0"
