"""Filtered reads: `question` is checked against the catalogue, `writing` answers it, `spreadsheet` writes CSV."""
