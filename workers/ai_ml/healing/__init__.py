"""Named, bounded remedies: each finds one kind of trouble, and mends one case of it after looking again."""
