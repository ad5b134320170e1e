"""The toolbox: tools kept for later problems, found again, trusted because they were run."""
