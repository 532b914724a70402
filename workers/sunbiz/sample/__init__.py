"""Generated files that look like the Division's, with invented names."""
