"""Files become tracks: scanning, adding, reconciling the stores."""
