"""Detection as its user runs it: files, folders, sound that is just being made."""
