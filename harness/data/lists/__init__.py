"""Lists of videos and of class names: the layout is found by evidence over the whole file, and is said."""
