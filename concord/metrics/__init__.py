"""What Prometheus collects at `GET /metrics`: the same figures whichever web process is asked.

What is so now is counted in the database when it is asked for (`now`). What has happened is added up by the sweeper,
from rows that are never changed again, into `Tally` rows (`folding`): such a figure never falls, not even where old
operations are deleted. What only a process knows, it adds to a hash in Redis (`process`).
"""
