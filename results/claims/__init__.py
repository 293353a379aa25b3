"""What the papers claim, as data: claims, open questions, deviations, reported networks."""
