"""Where generated cells appear: a display record, the next input, a notebook file, a terminal."""
