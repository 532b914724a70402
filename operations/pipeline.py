"""The stages of an operation: the only place that knows their order."""
