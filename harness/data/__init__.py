"""From a data set's name to an index of videos. Imports no configuration."""
