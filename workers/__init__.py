"""The workers: services with named actions, the contract they keep, and the client that calls them."""
