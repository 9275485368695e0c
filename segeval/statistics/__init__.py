"""Intervals and paired tests on finished rows; nothing here reads an image or scores again."""
