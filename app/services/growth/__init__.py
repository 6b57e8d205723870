"""What members do to grow, and what is proposed to them."""
