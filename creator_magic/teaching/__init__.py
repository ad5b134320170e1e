"""A teacher's commands: a course is recorded, checked and reported on."""
