"""How all tests run."""

from hypothesis import settings

# A property is slow where the machine is busy; what takes time is measured in benchmarks/.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")
