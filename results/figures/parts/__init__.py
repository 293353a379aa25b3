"""What figures are drawn with: the runs of a setting, rows of tables, a style."""
