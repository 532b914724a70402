"""The property data: a database of its own (``WAREHOUSE_URL``) with one table per kind of file, filled by release.

A release is one file as its publisher issued it. Its rows become visible together, in the view ``<table>_current``,
which shows exactly one release of each county and year. `loading.load` is the way in; SQLite and PostgreSQL differ
in how they fill a table, and in nothing else.
"""

ALIAS = "warehouse"
