"""What every driver of a strategy needs: to find it in its file, to give it its parameters, and to say how it ended."""
