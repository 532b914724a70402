"""The review queue: its orders and filters, the views that people keep, groups of one cause, and what is new."""
