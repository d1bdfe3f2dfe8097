"""The outside world on loopback, from real parts where a real part exists."""
