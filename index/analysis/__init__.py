"""A sound analysed once: frames, melody salience, fundamental frequency, words, kind of clip."""
