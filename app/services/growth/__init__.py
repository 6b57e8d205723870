"""How members grow: what they do, and what shows of it."""
