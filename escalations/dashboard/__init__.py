"""The console's first page: what runs, what waits, and how it went lately, in figures and pictures."""
