"""What follows from trading once it is over."""
