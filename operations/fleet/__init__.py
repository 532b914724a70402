"""The console's pages about the workers: how they are, what they can do, and what they were asked lately."""
