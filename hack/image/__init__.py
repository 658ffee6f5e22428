"""The controller's image: built, listed and audited."""
