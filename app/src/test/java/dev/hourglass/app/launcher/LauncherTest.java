package dev.hourglass.app.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hourglass.app.launcher.Checkout.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script {@code hourglass} itself, with a JDK and a Maven that are scripts of ours. */
class LauncherTest {
  private final Path folder;
  private final Checkout checkout;

  LauncherTest(@TempDir Path folder) throws IOException {
    this.folder = folder;
    this.checkout = new Checkout(folder);
  }

  @Test
  void helpsWithoutAJdk() throws Exception {
    Run run = checkout.run("--help");

    assertThat(run.exit()).isZero();
    assertThat(run.out())
        .contains("serve", "chat", "model", "key", "bench", "doctor", "test", "version");
  }

  @Test
  void saysInOneLineThatThereIsNoJdk() throws Exception {
    checkout.jdk(24);

    Run run = checkout.run("serve");

    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err())
        .startsWith("hourglass: no JDK 25 or newer found: install one")
        .hasLineCount(1);
  }

  @Test
  void saysInOneLineThatThereIsNoMaven() throws Exception {
    checkout.jdk(25);

    Run run = checkout.run("serve");

    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).startsWith("hourglass: Maven not found").hasLineCount(1);
  }

  @Test
  void takesTheNewestOfTheUsualJdks() throws Exception {
    checkout.jdk(17);
    checkout.jdk(25);
    Path newest = checkout.jdk(27);
    checkout.maven(":");

    Run run = checkout.run("version");

    assertThat(run.out()).startsWith("java 27 ").endsWith(" dev.hourglass.app.Main version\n");
    assertThat(checkout.builds()).singleElement().asString().startsWith(newest + " ");
  }

  @Test
  void prefersTheJdkThatIsNamed() throws Exception {
    checkout.jdk(27);
    checkout.maven(":");
    checkout.environment.put("JAVA_HOME", checkout.jdk(26).toString());
    assertThat(checkout.run("version").out()).startsWith("java 26 ");

    checkout.environment.put("HOURGLASS_JAVA_HOME", checkout.jdk(25).toString());
    assertThat(checkout.run("version").out()).startsWith("java 25 ");

    checkout.environment.put("HOURGLASS_JAVA_HOME", checkout.jdk(17).toString());
    assertThat(checkout.run("version").err()).contains("is not a JDK 25 or newer");
  }

  @Test
  void passesOverAnOldJdkThatIsNamed() throws Exception {
    checkout.maven(":");
    checkout.environment.put("JAVA_HOME", checkout.jdk(17).toString());
    Path home = checkout.jdk(25);
    Files.createSymbolicLink(checkout.bin.resolve("java"), home.resolve("bin/java"));
    Files.move(home.resolve("release"), home.resolve("no-release"));

    assertThat(checkout.run("version").out()).startsWith("java 25 ");
  }

  @Test
  void buildsOnceAndAgainWhenASourceChangedOrVanished() throws Exception {
    checkout.jdk(25);
    checkout.maven(":");
    checkout.source("core/src/main/java/Gone.java");
    checkout.settle();

    assertThat(checkout.run("version").err())
        .isEqualTo("Building Hourglass (first run, about a minute) …\n");
    assertThat(checkout.run("version").err()).isEmpty();
    assertThat(checkout.builds()).hasSize(1);

    checkout.change("app/src/main/java/Main.java");
    assertThat(checkout.run("version").err()).isEqualTo("Building Hourglass (sources changed) …\n");
    checkout.settle();
    assertThat(checkout.run("version").err()).isEmpty();

    Files.delete(checkout.root.resolve("core/src/main/java/Gone.java"));
    checkout.change("core/src/main/java");
    checkout.run("version");
    assertThat(checkout.builds()).hasSize(3);
  }

  @Test
  void buildsAgainWhereTheJarIsGone() throws Exception {
    checkout.jdk(25);
    checkout.maven(":");
    checkout.settle();
    checkout.run("version");
    Files.delete(checkout.root.resolve("app/target/hourglass.jar"));

    checkout.run("version");

    assertThat(checkout.builds()).hasSize(2);
  }

  @Test
  void showsTheEndOfTheLogOfABuildThatFailed() throws Exception {
    checkout.jdk(25);
    checkout.maven("echo 'no such symbol'; exit 1");

    Run run = checkout.run("version");

    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.err())
        .contains("no such symbol\n")
        .endsWith(
            "hourglass: the build failed; its whole log: "
                + checkout.root.toRealPath()
                + "/target/build.log\n");
    checkout.maven(":");
    assertThat(checkout.run("version").exit()).isZero();
  }

  @Test
  void letsOneOfTwoStartsBuild() throws Exception {
    checkout.jdk(25);
    // The build ends when the other start is known to wait for it.
    checkout.maven("until [ -e \"$BUILDS.go\" ]; do sleep 0.05; done");
    checkout.settle();
    Path launcher = checkout.root.resolve("hourglass");

    Process first = checkout.start(checkout.root, launcher, "version");
    assertThat(first.errorReader().readLine()).startsWith("Building Hourglass");
    Process second = checkout.start(checkout.root, launcher, "version");
    assertThat(second.errorReader().readLine())
        .isEqualTo("Another Hourglass is building; waiting for it …");
    Files.writeString(Path.of(checkout.environment.get("BUILDS") + ".go"), "");

    assertThat(checkout.finish(first).out()).startsWith("java 25 ");
    assertThat(checkout.finish(second).out()).startsWith("java 25 ");
    assertThat(checkout.builds()).hasSize(1);
  }

  @Test
  void takesOverTheLockOfABuildThatWasKilled() throws Exception {
    checkout.jdk(25);
    checkout.maven(":");
    Process gone = new ProcessBuilder("true").start();
    gone.waitFor();
    Path lock = Files.createDirectories(checkout.root.resolve("target/build.lock"));
    Files.writeString(lock.resolve("pid"), Long.toString(gone.pid()));

    assertThat(checkout.run("version").exit()).isZero();
    assertThat(lock).doesNotExist();
  }

  @Test
  void endsItsBuildWhenItIsToldToEnd() throws Exception {
    checkout.jdk(25);
    checkout.maven("echo $$ > \"$BUILDS.pid\"; exec sleep 600");
    Process launcher = checkout.start(checkout.root, checkout.root.resolve("hourglass"), "version");
    assertThat(launcher.errorReader().readLine()).startsWith("Building");
    Path pid = Path.of(checkout.environment.get("BUILDS") + ".pid");
    await().until(() -> Files.exists(pid) && Files.size(pid) > 0);
    ProcessHandle maven =
        ProcessHandle.of(Long.parseLong(Files.readString(pid).strip())).orElseThrow();

    launcher.destroy();

    assertThat(launcher.waitFor()).isEqualTo(143);
    maven.onExit().join();
    assertThat(checkout.root.resolve("target/build.lock")).doesNotExist();
  }

  @Test
  void worksFromAnyFolderAndThroughLinks() throws Exception {
    checkout.jdk(25);
    checkout.maven(":");
    Path elsewhere = Files.createDirectories(folder.resolve("else where"));
    Path link = Files.createSymbolicLink(elsewhere.resolve("hg"), Path.of("../checkout/hourglass"));
    Path second = Files.createSymbolicLink(elsewhere.resolve("hg2"), link);

    Run run = checkout.runFrom(elsewhere, second, "model", "pull", "a b");

    assertThat(run.out())
        .contains("-cp " + checkout.root.toRealPath() + "/app/target/hourglass.jar ")
        .endsWith(" dev.hourglass.app.Main model pull a b\n");
  }

  @Test
  void passesOptionsToJavaAndItsExitCodeBack() throws Exception {
    Path home = checkout.jdk(25);
    checkout.maven(":");
    checkout.script(home.resolve("bin/java"), "echo \"$@\"; exit 7");
    checkout.environment.put("HOURGLASS_JAVA_OPTIONS", "-Xmx1g -Dx=y");

    Run run = checkout.run("version");

    assertThat(run.exit()).isEqualTo(7);
    assertThat(run.out()).contains(" -Xmx1g -Dx=y ");
  }

  @Test
  void addsFurtherJarsBehindItsOwn() throws Exception {
    checkout.maven(":");
    checkout.jdk(25);
    checkout.environment.put("HOURGLASS_CLASSPATH", "/hooks/one.jar:/hooks/two.jar");

    assertThat(checkout.run("version").out())
        .contains("/app/target/hourglass.jar:/hooks/one.jar:/hooks/two.jar dev.hourglass.app.Main");
  }

  @Test
  void usesAClassCacheOnlyOfThisJarAndThisJdk() throws Exception {
    checkout.maven(":");
    Path home = checkout.jdk(25);
    checkout.settle();
    checkout.run("version");
    Path cache = Files.writeString(checkout.root.resolve("app/target/hourglass.aot"), "cache");
    checkout.change("app/target/hourglass.aot");
    Path madeBy = checkout.root.resolve("app/target/hourglass.aot.jdk");

    Files.writeString(madeBy, "/another/jdk");
    assertThat(checkout.run("version").out()).doesNotContain("AOTCache");
    Files.writeString(madeBy, home.toString());
    assertThat(checkout.run("version").out()).contains(" -XX:AOTCache=" + cache.toRealPath() + " ");

    checkout.change("app/src/main/java/Main.java");
    assertThat(checkout.run("version").out()).doesNotContain("AOTCache");
    assertThat(cache).doesNotExist();
  }

  @Test
  void doctorWorksBeforeAnythingIsHere() throws Exception {
    Run run = checkout.run("doctor");

    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.out())
        .contains("✗ JDK 25 or newer  install one", "✗ Maven  apt-get install maven");
    checkout.jdk(25);
    assertThat(checkout.run("doctor", "--tools").out()).contains("✓ JDK 25", "✗ Maven");
  }

  @Test
  void testSaysInOneLineThatChromiumIsMissing() throws Exception {
    checkout.jdk(25);
    checkout.maven(":");

    Run run = checkout.run("test");

    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err()).contains("apt-get install chromium").hasLineCount(1);
    assertThat(checkout.builds()).isEmpty();
  }

  @Test
  void testSumsWhatPassed() throws Exception {
    testsOf("a/AlphaTest", "b/BetaTest");
    checkout.maven(reports("a.AlphaTest 3 0 0 0", "b.BetaTest 4 0 0 0"));

    Run run = checkout.run("test");

    assertThat(run.exit()).isZero();
    assertThat(run.out()).endsWith("\n7 passed, 0 failed\n");
    assertThat(checkout.builds()).singleElement().asString().endsWith(" -B -ntp -fae verify");
  }

  @Test
  void testFailsWhereATestFailed() throws Exception {
    testsOf("a/AlphaTest");
    checkout.maven(reports("a.AlphaTest 5 1 1 0"));

    Run run = checkout.run("test");

    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.out()).endsWith("a.AlphaTest: 2 failed, 0 skipped\n3 passed, 2 failed\n");
  }

  @Test
  void testFailsWhereATestWasSkipped() throws Exception {
    testsOf("a/AlphaTest");
    checkout.maven(reports("a.AlphaTest 5 0 0 1"));

    Run run = checkout.run("test");

    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.out()).endsWith("4 passed, 0 failed, 1 skipped\n");
  }

  @Test
  void testFailsWhereATestClassLeftNoReport() throws Exception {
    testsOf("a/AlphaTest", "b/LostTest", "c/NestedTest");
    Path contract = checkout.root.resolve("app/src/test/java/a/ContractTest.java");
    Files.writeString(contract, "package a;\nabstract class ContractTest {}\n");
    checkout.maven(reports("a.AlphaTest 5 0 0 0", "c.NestedTest$Inner 1 0 0 0"));

    Run run = checkout.run("test");

    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.out()).endsWith("missing: b.LostTest\n6 passed, 0 failed\n");
  }

  @Test
  void testCountsNothingOfAnEarlierRun() throws Exception {
    testsOf("a/AlphaTest");
    checkout.maven(reports("a.AlphaTest 5 0 0 0", "b.FormerTest 9 0 0 0"));
    checkout.run("test");
    checkout.maven(reports("a.AlphaTest 5 0 0 0"));

    assertThat(checkout.run("test").out()).endsWith("\n5 passed, 0 failed\n");
  }

  @Test
  void testFailsWhereACheckOfTheBuildFailed() throws Exception {
    testsOf("a/AlphaTest");
    checkout.maven(reports("a.AlphaTest 5 0 0 0") + "\nexit 1");

    assertThat(checkout.run("test").exit()).isEqualTo(1);
  }

  @Test
  void testPassesOptionsOnAndThenExpectsOnlyWhatTheySelect() throws Exception {
    testsOf("a/AlphaTest", "b/BetaTest");
    checkout.maven(reports("a.AlphaTest 2 0 0 0"));

    Run run = checkout.run("test", "-Dtest=AlphaTest");

    assertThat(run.exit()).isZero();
    assertThat(run.out()).endsWith("\n2 passed, 0 failed\n");
    assertThat(checkout.builds()).singleElement().asString().endsWith("verify -Dtest=AlphaTest");
  }

  /** A checkout with these test classes, and everything that running them needs. */
  private void testsOf(String... classes) throws IOException {
    checkout.jdk(25);
    checkout.script(checkout.bin.resolve("chromium"), ":");
    for (String name : classes) {
      checkout.source("app/src/test/java/" + name + ".java");
    }
  }

  /**
   * Shell that writes reports as Surefire does; each is class, tests, failures, errors, skipped.
   */
  private static String reports(String... reports) {
    StringBuilder lines = new StringBuilder("mkdir -p app/target/surefire-reports\n");
    for (String report : reports) {
      List<String> fields = List.of(report.split(" ", -1));
      lines.append(
          String.format(
              Locale.ROOT,
              """
              cat > 'app/target/surefire-reports/TEST-%1$s.xml' <<'XML'
              <?xml version="1.0" encoding="UTF-8"?>
              <testsuite xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" name="%1$s"
                time="1.5" tests="%2$s" errors="%4$s" skipped="%5$s" failures="%3$s">
                <properties><property name="tests" value="99"/></properties>
                <testcase name="any" time="0.1"/>
              </testsuite>
              XML
              """,
              fields.toArray()));
    }
    return lines.toString();
  }
}
