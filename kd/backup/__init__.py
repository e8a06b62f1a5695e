"""A copy of everything that jobs have made, taken while they work, and what is made of it elsewhere."""
