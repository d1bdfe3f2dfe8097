"""What people can ask the bot for: one applet per file or folder, data in, data out."""
