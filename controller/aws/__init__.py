"""The only room that speaks to AWS: the queue."""
