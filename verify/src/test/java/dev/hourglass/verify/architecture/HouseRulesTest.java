package dev.hourglass.verify.architecture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** All code of the house keeps the rules; a small house beside it breaks each, so they can fail. */
@TestInstance(Lifecycle.PER_CLASS)
class HouseRulesTest {
  private static final HouseRules HOUSE = new HouseRules("dev.hourglass");
  private static final HouseRules BROKEN_HOUSE =
      new HouseRules(HouseRulesTest.class.getPackageName() + ".fixture");
  private static final Path BROKEN_HOUSE_FOLDER = Path.of("verify/architecture/fixture");

  private final Path root = Path.of(Objects.requireNonNull(System.getProperty("hourglass.root")));

  @SuppressWarnings("NullAway.Init")
  private JavaClasses main;

  @SuppressWarnings("NullAway.Init")
  private JavaClasses everything;

  @SuppressWarnings("NullAway.Init")
  private JavaClasses brokenHouse;

  @BeforeAll
  void readClasses() throws IOException {
    List<Path> mainFiles = new ArrayList<>();
    List<Path> testFiles = new ArrayList<>();
    for (CompiledModule module : CompiledModule.allOf(root)) {
      mainFiles.addAll(module.classFiles("main"));
      testFiles.addAll(module.classFiles("test"));
    }
    List<Path> broken = testFiles.stream().filter(HouseRulesTest::isOfTheBrokenHouse).toList();
    testFiles.removeAll(broken);

    main = CompiledModule.read(mainFiles);
    everything =
        CompiledModule.read(Stream.concat(mainFiles.stream(), testFiles.stream()).toList());
    brokenHouse = CompiledModule.read(broken);
  }

  private static boolean isOfTheBrokenHouse(Path classFile) {
    for (Path at = classFile; at != null; at = at.getParent()) {
      if (at.endsWith(BROKEN_HOUSE_FOLDER)) {
        return true;
      }
    }
    return false;
  }

  @TestFactory
  Stream<DynamicTest> whatIsShippedKeeps() {
    return tests(HOUSE.ofMain(), rule -> rule.check(main));
  }

  @TestFactory
  Stream<DynamicTest> everythingKeeps() {
    return tests(HOUSE.ofEverything(), rule -> rule.check(everything));
  }

  @TestFactory
  Stream<DynamicTest> theBrokenHouseBreaks() {
    return Stream.of(BROKEN_HOUSE.ofMain(), BROKEN_HOUSE.ofEverything())
        .flatMap(rules -> tests(rules, this::requireBroken));
  }

  private void requireBroken(ArchRule rule) {
    assertThatThrownBy(() -> rule.check(brokenHouse))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("Architecture Violation")
        .hasMessageContaining("was violated (");
  }

  private static Stream<DynamicTest> tests(Map<String, ArchRule> rules, Consumer<ArchRule> test) {
    return rules.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .map(rule -> DynamicTest.dynamicTest(rule.getKey(), () -> test.accept(rule.getValue())));
  }

  @TestFactory
  Stream<DynamicTest> everyModuleWithSourcesWasRead() throws IOException {
    List<CompiledModule> modules = CompiledModule.allOf(root);
    assertThat(modules).hasSizeGreaterThanOrEqualTo(8);
    return modules.stream()
        .flatMap(module ->
            Stream.of("main", "test")
                .map(part ->
                    DynamicTest.dynamicTest(
                        module.folder().getFileName() + " " + part,
                        () ->
                            assertThat(module.classFiles(part).isEmpty())
                                .isEqualTo(!module.hasSources(part)))));
  }

  @Test
  void readingNothingIsAnError() {
    assertThatThrownBy(() -> CompiledModule.read(List.of()))
        .isInstanceOf(AssertionError.class)
        .hasMessage("classes read: 0 (expected: all 0, >= 1)");
  }

  @Test
  void aClassThatIsMissingIsAnError() {
    Path missing = root.resolve("core/target/classes/Missing.class");

    assertThatThrownBy(() -> CompiledModule.read(List.of(missing)))
        .isInstanceOf(AssertionError.class);
  }
}
