"""Data on its way to the network: tables from files, rows in memory, splits and batches."""
