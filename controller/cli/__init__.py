"""The commands: `spotdrain run`, `spotdrain drill`."""
