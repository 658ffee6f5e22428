"""What the image holds, put together in the Dockerfile's first stage; the standard library only."""
