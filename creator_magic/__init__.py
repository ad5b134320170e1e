"""creator-magic."""
