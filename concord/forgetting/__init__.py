"""Forgetting: ended operations, what is personal in them, or a person. The sums of the model calls stay."""
