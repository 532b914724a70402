"""Tells which columns of two stores mean the same: by their names, their types and what is in them."""
