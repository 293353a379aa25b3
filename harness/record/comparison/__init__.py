"""Two runs side by side: what first differs, and what of their environments may be the reason."""
