"""Courses: what a teacher opens, how much help is given, and what is kept of it."""
