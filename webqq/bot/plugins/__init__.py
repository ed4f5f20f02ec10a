"""The plugins that come with the package, one module each."""
