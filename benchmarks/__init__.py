"""How fast uploading is, side by side with other uploaders; see README.md beside this file."""
