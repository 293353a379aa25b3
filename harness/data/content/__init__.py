"""What is in the files of a data set: hashes of contents, equal videos, and what has changed since."""
