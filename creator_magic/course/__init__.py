"""For classrooms: what a teacher decides, and how a student is helped."""
