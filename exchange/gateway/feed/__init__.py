"""What is said to those who listen: each turn into frames, each frame encoded once for all who hear it."""
