"""How members grow: what they do, and what shows of it."""
"""What members do to grow, and what shows of it."""
