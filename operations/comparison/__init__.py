"""Old against new: the same operations planned step by step and planned once, measured side by side."""
