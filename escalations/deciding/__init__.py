"""Taking a decision: what is offered, what it does, and how it is taken back."""
