"""What reviewers say to each other, and what each of them is told."""
