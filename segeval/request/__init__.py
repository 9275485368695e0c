"""What was asked for: the grammar of metrics and gates, and the settings."""
