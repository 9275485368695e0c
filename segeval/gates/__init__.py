"""Bars and verdicts: whether finished numbers reach what was asked, and what was reached before."""
