"""The serving side of the worker contract, written once for all workers.

`app` speaks HTTP, `calls` runs the actions in threads, `records` keeps each call in the database that a worker's
replicas share, `heartbeat` tells the others that a call is still alive, and `server` is the process around them.
"""
