"""Pictures of cases: planes with both contours, areas in tints; read when a report is made."""
