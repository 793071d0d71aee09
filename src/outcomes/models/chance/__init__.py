"""What the readings would show if needling had no effect at all."""
