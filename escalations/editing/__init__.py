"""Edit and resume: a person changes arguments of steps, sees what that changes, and lets the operation go on."""
