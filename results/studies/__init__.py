"""Studies: experiments planned before their runs, their nested statistics and what they decide."""
