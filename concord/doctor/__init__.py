"""The doctor looks at an installation: settings, connections, parts and place. It mends nothing and tells no secret."""
