"""maskbot: Mask Network without the browser extension, as a headless service."""

__version__ = "0.1.0"
