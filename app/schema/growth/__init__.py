"""How members grow: what they do, what is proposed to them, and what shows of it."""
