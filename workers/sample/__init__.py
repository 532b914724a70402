"""What samples are made of: random draws by row number, and invented names."""
