"""What one person has done and should know."""
