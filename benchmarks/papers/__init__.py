"""Published numbers of the papers behind the makers, found again with this code."""
