"""Generated rolls that look like the published ones, and a small portal that serves them with the real one's habits."""
