"""What follows from trading: who kept the market two-sided, and what accounts pay and get back."""
