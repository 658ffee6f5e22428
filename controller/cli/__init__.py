"""The commands: `spotdrain run`, `spotdrain drill`, `spotdrain unfence`."""
