"""How people come in: passwords, codes, single sign-on, throttling, and the sessions that they then have."""
