"""What a turn brings: clips, folders, speech."""
