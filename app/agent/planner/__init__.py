"""The built-in planner: a chat model of rules, with the text network as its tie-breaker."""
