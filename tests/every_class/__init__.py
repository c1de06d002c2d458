"""What holds for every public class, one table of constructions for all."""
