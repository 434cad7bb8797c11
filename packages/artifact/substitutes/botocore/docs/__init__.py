"""In place of botocore's documentation generator; `docstring` and `utils` are what clients use."""
