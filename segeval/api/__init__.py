"""What Python and the command line call: a request checked, a run, its Scorecard."""
