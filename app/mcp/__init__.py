"""The tools for other assistants, by the Model Context Protocol: the same functions, without our planner."""
