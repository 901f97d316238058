"""A whole run of the gateway, all that is left of it, and what must not stand in that."""
