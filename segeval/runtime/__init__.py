"""What every floor stands on: errors, array types, frozen values, memory, packed streams."""
