"""What may be sent, and how much of it: rates, sizes, numbers of sockets and of waiting requests, and slow clients."""
