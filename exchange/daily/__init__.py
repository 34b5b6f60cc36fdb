"""What a UTC day comes to: volumes, scores, the index; and the commands that follow from it."""
