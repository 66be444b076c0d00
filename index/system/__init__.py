"""What every room needs of the machine: files that survive a crash."""
