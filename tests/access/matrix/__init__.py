"""The README's table of who may do what, held against the doors themselves."""
