"""What training changes: Variables, pure runs over them, random streams."""
