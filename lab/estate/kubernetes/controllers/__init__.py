"""The control loops that bring the stored world nearer to its specs."""
