"""What creator-magic adds to the time of the model and of the person's own computation."""
