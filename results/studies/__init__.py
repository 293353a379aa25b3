"""Studies: experiments planned before their runs: their arms, what they measured and what they decide."""
