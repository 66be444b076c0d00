"""Work on files that users bring, in processes of their own: what ends one of those ends nothing else."""
