package dev.hourglass.app.doctor;

/** What a check found. */
sealed interface Finding {
  String subject();

  String line();

  /** As it should be. */
  record Fine(String subject, String detail) implements Finding {
    @Override
    public String line() {
      return "✓ " + subject + "  " + detail;
    }
  }

  /** Not here, and only part of the product needs it. */
  record Lacking(String subject, String remedy) implements Finding {
    @Override
    public String line() {
      return "- " + subject + "  " + remedy;
    }
  }

  /** Not here, and nothing works without it. */
  record Broken(String subject, String remedy) implements Finding {
    @Override
    public String line() {
      return "✗ " + subject + "  " + remedy;
    }
  }
}
