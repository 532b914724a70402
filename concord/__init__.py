"""Concord: one entry point, one plan and one review queue for the data operations of a real-estate data company."""
