"""What members do to grow, and what shows of it."""
