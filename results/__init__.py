"""The papers' numbers as data, beside measured ones. Imports no torch."""
