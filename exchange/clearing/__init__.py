"""What follows from trading: indices, who kept the market two-sided, what accounts pay and get back."""
