"""The machinery: command line, configuration, data, training, evaluation, cost, records."""

__version__ = "0.1.0"
