"""How Concord itself performs: how long things took, and how what it stands on is doing."""
