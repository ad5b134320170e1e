"""Data: problems with known answers, read from files."""
