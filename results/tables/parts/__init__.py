"""What a table is put together from: cells, commands of empty ones, the lines under it."""
