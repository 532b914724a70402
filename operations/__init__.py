"""Operations: what a client asked for, the one plan for it, its steps, and the flow from planning to completed."""
