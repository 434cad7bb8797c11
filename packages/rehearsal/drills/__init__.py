"""Game days: each claim of safety is put to the test by a fault that would break it."""
