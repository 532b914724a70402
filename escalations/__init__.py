"""Escalations: what Concord was not sure of, and what a person decided."""
