"""The papers' tables, reported beside measured. No torch."""
