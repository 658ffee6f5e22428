"""The only room that speaks to AWS: the queue, and the hooks of Auto Scaling."""
