"""The views that subscriptions keep open, and what makes them read again."""
