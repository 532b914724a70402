"""The calls upwards: whoever keeps the review queue listens. Sent inside the transaction of the change, if any."""

from django.dispatch import Signal

# A person is needed: operation, reason, message, findings, steps (ids), digest.
review_needed = Signal()
# The operation went on or ended without the answer: operation.
review_over = Signal()
# The sweeper's round, twice a second: whoever keeps something for a later moment looks whether it has come.
round_made = Signal()
