"""What readers hand over: volumes, what their numbers mean, and how they come onto one grid."""
