"""Starting an operation in the console: what each type takes, a form for it, and the plan before anything runs."""
