"""Rules that an analyst adds: data in YAML files or in the admin, of a closed vocabulary, never code."""
