"""What is known to be wrong with what the image is made of."""
