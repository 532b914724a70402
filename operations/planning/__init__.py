"""From what was asked for to a plan: data that can be checked before anything runs."""
