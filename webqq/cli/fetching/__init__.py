"""What ``webqq fetch`` is made of: URLs in, bodies to files or standard output, one result for each, a summary."""
