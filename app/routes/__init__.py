"""What the page's server serves beside the page: sounds, players, guards."""
