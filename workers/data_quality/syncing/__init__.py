"""Brings a table of the warehouse in line with other rows: they are staged beside it, and compared in the database.

The database itself compares, so that two values are the same exactly if the table would keep them as the same.
"""
