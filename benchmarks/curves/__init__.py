"""What price curves cost and how well they do; each module prints its own."""
