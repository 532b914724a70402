"""What history says of queue workers that were lost while they advanced an operation."""

from operations.models import Operation

KIND = "rescued"


def note(operation: Operation) -> None:
    """Record the rescues that are not in its history yet. Costs nothing for an operation that never needed one."""
    if not operation.rescues:
        return
    for _ in range(operation.rescues - operation.events.filter(kind=KIND).count()):
        operation.record(KIND, "Taken up again: the queue worker that had it was lost")
