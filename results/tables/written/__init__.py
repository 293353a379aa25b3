"""Tables as a paper's folder writes them, and the rows that they stand for."""
