"""Where generated code runs: the person's live shell, as a transaction."""
