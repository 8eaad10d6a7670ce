"""The faults, a module for each family or part of one. To add one, add a line to its module's tuple."""
