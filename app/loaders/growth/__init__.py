"""What belongs to how members grow."""
