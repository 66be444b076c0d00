"""What a sound file is, beyond its samples: what it promises, how it is put together, how its channels are mixed."""
