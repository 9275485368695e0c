"""What is written instead of scored: decoded label maps and converted contours."""
