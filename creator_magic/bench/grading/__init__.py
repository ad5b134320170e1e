"""Grading: whether an answer is right."""
